// How far a sink has come, as the database remembers it: per input log the last record whose fate is decided, and the records up to there that were refused.
// Plain data with a text form, for one column each; used by one thread.
#pragma once

#include <weir/record.hpp>

#include <charconv>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace weir::operators {

struct sink_progress {
  std::map<std::uint64_t, weir::position> reached;  ///< By log.
  /// Records that are in no row. One that comes again is tried again: its former frame was lost, and with it what had become of it. The number is the token
  /// of the frame that has passed it by; 0: none has.
  std::map<weir::position, std::uint64_t> refused;

  bool has_reached(const weir::position& p) const {
    const auto known = reached.find(p.log);
    return known != reached.end() && p <= known->second;
  }
  void reach(const weir::position& p) {
    weir::position& last = reached[p.log];
    if (last < p) last = p;
  }

  std::string reached_text() const {
    std::string text;
    for (const auto& [log, p] : reached) append(text, p);
    return text;
  }
  std::string refused_text() const {
    std::string text;
    for (const auto& [p, token] : refused) append(text, p);
    return text;
  }
  /// Throws std::runtime_error.
  static sink_progress read(std::string_view reached_text, std::string_view refused_text) {
    sink_progress progress;
    each(reached_text, [&](const weir::position& p) { progress.reached[p.log] = p; });
    each(refused_text, [&](const weir::position& p) { progress.refused[p] = 0; });
    return progress;
  }

 private:
  static void append(std::string& text, const weir::position& p) {
    text += (text.empty() ? "" : " ") + std::to_string(p.log) + ':' + std::to_string(p.lsn) + ':' + std::to_string(p.index);
  }

  template <class F>
  static void each(std::string_view text, F f) {
    const auto number = [&text](auto& to, char end) {
      const auto read = std::from_chars(text.data(), text.data() + text.size(), to);
      const auto digits = static_cast<std::size_t>(read.ptr - text.data());
      const bool ended = digits == text.size() ? end == ' ' : text[digits] == end;
      if (read.ec != std::errc() || !ended) throw std::runtime_error("weir_sinks holds a position that is none: \"" + std::string(text) + '"');
      text.remove_prefix(digits + (digits < text.size() ? 1 : 0));
    };
    while (!text.empty()) {
      weir::position p;
      number(p.log, ':');
      number(p.lsn, ':');
      number(p.index, ' ');
      f(p);
    }
  }
};

}  // namespace weir::operators
