#include "runtime/log/retention.hpp"

#include <algorithm>

namespace weir::runtime {

void retention::add_reader(std::uint64_t log, std::uint64_t reader, std::uint64_t lsn) {
  auto& positions = readers_[log];
  counted_ = 0;
  for (position& p : positions) {
    if (p.reader != reader) continue;
    p.lsn = std::max(p.lsn, lsn);
    return;
  }
  positions.push_back({reader, lsn});
}

void retention::note(const frame& f, std::uint64_t address, std::int64_t now) {
  note_recovered(f.log, f.lsn, f.sequence, address, now);
  for (const input_position& p : f.positions) {
    const auto found = readers_.find(p.log);
    if (found == readers_.end()) continue;
    // A frame that was read in part is still needed.
    const std::uint64_t lsn = p.index == whole_frame ? p.lsn : p.lsn - std::min<std::uint64_t>(p.lsn, 1);
    for (position& known : found->second) {
      if (known.reader == f.log) known.lsn = std::max(known.lsn, lsn);
    }
  }
}

void retention::note_recovered(std::uint64_t log, std::uint64_t lsn, std::uint64_t sequence, std::uint64_t address, std::int64_t now) {
  const std::uint64_t number = address / segment_bytes_;
  if (segments_.empty() || segments_.back().number != number) segments_.push_back({number, 0, 0, {}});
  of_segment& s = segments_.back();
  s.last_sequence = sequence;
  s.last_time = now;
  s.last_lsns[log] = lsn;
}

bool retention::unread(const of_segment& s) const {
  return std::any_of(s.last_lsns.begin(), s.last_lsns.end(), [&](const auto& last) {
    const auto found = readers_.find(last.first);
    if (found == readers_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const position& p) { return p.lsn < last.second; });
  });
}

bool retention::too_young(const of_segment& s, std::int64_t now) const {
  return std::any_of(s.last_lsns.begin(), s.last_lsns.end(), [&](const auto& last) {
    const auto found = retained_.find(last.first);
    if (found == retained_.end()) return false;
    // Until read: the readers say when that is; without any it is never.
    if (found->second == INT64_MAX) return !readers_.contains(last.first);
    return now - s.last_time < found->second;
  });
}

std::uint64_t retention::first_needed(std::uint64_t current, std::int64_t now) const {
  for (const of_segment& s : segments_) {
    if (s.number >= current || s.last_sequence > covered_ || unread(s) || too_young(s, now)) return std::min(s.number, current);
  }
  return current;
}

std::uint64_t retention::first_counted(std::uint64_t current) {
  for (const of_segment& s : segments_) {
    if (s.number < counted_) continue;
    counted_ = s.number;
    if (s.number >= current || s.last_sequence > covered_ || unread(s)) return std::min(counted_, current);
  }
  return current;
}

bool retention::waits_for_checkpoint(std::uint64_t current) {
  const std::uint64_t number = first_counted(current);
  const auto found = std::find_if(segments_.begin(), segments_.end(), [&](const of_segment& s) { return s.number == number; });
  return found != segments_.end() && number < current && found->last_sequence > covered_ && !unread(*found);
}

void retention::forget_before(std::uint64_t segment) {
  while (!segments_.empty() && segments_.front().number < segment) segments_.pop_front();
}

}  // namespace weir::runtime
