// Dead letters as others see them from outside: what an operator could not take, and which of that is done with. Plain data, but for the two functions that
// read and write what log 0 says of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/node/streams.hpp"

namespace weir::runtime {

inline constexpr std::uint32_t istream_unsaid = UINT32_MAX;

struct dead_letter {
  record_position position;  ///< Of the letter.
  std::uint32_t partition = 0;
  std::int64_t time = 0;  ///< Of the record or the timer.
  std::string key;
  std::string hook;  ///< "process_record" or "process_timer".
  std::string error;
  std::uint32_t generation = 0;
  record_position of;              ///< The record; log 0: it was a timer.
  std::uint32_t istream = 0;       ///< That it came from, in declared order; istream_unsaid: it does not say.
  std::string value;               ///< Of the record.
  bool processing_time = false;    ///< Of a timer: its kind; else event time.
  std::int64_t timer_time = 0;     ///< Of a timer: when it was due.
  std::string subkey;              ///< Of a timer.
  std::optional<std::string> raw;  ///< What cannot be read as a letter, as it stands there.
};

struct dead_letters_page {
  std::vector<dead_letter> letters;
  std::vector<record_position> next;
  bool more = false;
};

struct replay_report {
  std::uint64_t replayed = 0;      ///< Letters that the operator was given once more,
  std::uint64_t failed_again = 0;  ///< and how many errors that made; each is a new letter.
};

/// What a command has dropped or had replayed of one operator's dead letters in one log.
struct dropped_letters {
  static constexpr std::size_t singles_max = 10'000;

  std::uint64_t upto = 0;                                     ///< All in frames up to there.
  std::set<std::pair<std::uint64_t, std::uint32_t>> singles;  ///< Behind it: LSN and index.
  void add_all_before(std::uint64_t lsn, std::uint32_t index);
  bool holds(const record_position& p) const { return p.lsn <= upto || singles.contains({p.lsn, p.index}); }
};

/// By operator: those of a chain share a log.
using log_letters = std::map<std::string, dropped_letters>;

/// As log 0 has it: JSON.
std::string letters_text(const log_letters& all);
log_letters read_letters(std::string_view text);  ///< Throws what the JSON library throws.

/// All of the log's dead letters are done with up to there.
std::uint64_t done_upto(const log_letters& all);

}  // namespace weir::runtime
