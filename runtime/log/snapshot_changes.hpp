// The last values of every key and timer that a run of frames changed, per log and sorted: what turns one snapshot into the next. Filled by the snapshot's
// thread from durable frames in order; its memory follows the distinct keys changed, which a segment bounds. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "runtime/log/changes.hpp"
#include "runtime/log/log_head.hpp"

namespace weir::runtime {

/// Of a state cell or a timer, within one log; ordered as in a snapshot.
struct change_key {
  section_kind kind = section_kind::states;
  std::uint16_t id = 0;
  std::string key;
  std::string subkey;
};

/// The same without owning its bytes, for look-ups.
struct change_key_view {
  section_kind kind;
  std::uint16_t id;
  std::string_view key;
  std::string_view subkey;

  change_key_view(const change_key& k) noexcept : kind(k.kind), id(k.id), key(k.key), subkey(k.subkey) {}
  change_key_view(section_kind of, const change& c) noexcept : kind(of), id(c.id), key(c.key), subkey(c.subkey) {}
  friend auto operator<=>(const change_key_view&, const change_key_view&) = default;
};

struct change_key_order {
  using is_transparent = void;
  bool operator()(const change_key_view& a, const change_key_view& b) const noexcept { return a < b; }
};

struct last_value {
  bool removed = false;
  std::int64_t time = 0;
  std::string value;
};

class collected_changes {
 public:
  struct of_log {
    log_head head;  ///< inputs: only those that changed.
    std::map<change_key, last_value, change_key_order> changes;
  };

  /// What the next snapshot is to keep of a log whose owner is gone.
  enum class remains : std::uint8_t {
    head,     ///< How far it has come, since the journal still holds frames of it.
    nothing,  ///< Also not that.
  };

  /// Frames of each log in order of LSN, with digest and epoch as the journal set them.
  void add(const frame& f);
  /// From now on that is all that counts of the log.
  void forget(std::uint64_t log, remains what);
  const std::map<std::uint64_t, remains>& forgotten() const noexcept { return forgotten_; }
  void clear() noexcept {
    logs_.clear();
    forgotten_.clear();
    bytes_ = 0;
  }
  const std::map<std::uint64_t, of_log>& logs() const noexcept { return logs_; }
  bool empty() const noexcept { return logs_.empty(); }
  /// About what it keeps in memory.
  std::uint64_t memory_bytes() const noexcept { return bytes_; }

 private:
  void add(of_log& to, section_kind kind, const change& c);
  std::map<std::uint64_t, of_log> logs_;
  std::map<std::uint64_t, remains> forgotten_;
  std::uint64_t bytes_ = 0;
};

}  // namespace weir::runtime
