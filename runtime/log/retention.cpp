#include "runtime/log/retention.hpp"

#include <algorithm>

namespace weir::runtime {

void retention::add_reader(std::uint64_t log, std::uint64_t reader, std::uint64_t lsn, bool letters) {
  auto& positions = readers_[log];
  counted_ = 0;
  for (position& p : positions) {
    if (p.reader != reader) continue;
    p.lsn = std::max(p.lsn, lsn);
    p.letters |= letters;
    return;
  }
  positions.push_back({reader, lsn, letters});
}

void retention::forget(std::uint64_t log) {
  absl::erase_if(readers_, [&](auto& of) {
    std::erase_if(of.second, [&](const position& p) { return p.reader == log; });
    return of.first == log || of.second.empty();
  });
  retained_.erase(log);
  letters_done_.erase(log);
  for (of_segment& s : segments_) {
    s.last_lsns.erase(log);
    s.last_letters.erase(log);
  }
}

void retention::note(const frame& f, std::uint64_t address, std::int64_t now) {
  note_recovered(f.log, f.lsn, f.sequence, address, (f.flags & letters_frame) != 0, now);
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

void retention::note_recovered(std::uint64_t log, std::uint64_t lsn, std::uint64_t sequence, std::uint64_t address, bool letters, std::int64_t now) {
  const std::uint64_t number = address / segment_bytes_;
  if (segments_.empty() || segments_.back().number != number) segments_.push_back({number, 0, 0, {}, {}});
  of_segment& s = segments_.back();
  s.last_sequence = sequence;
  s.last_time = now;
  s.last_lsns[log] = lsn;
  if (letters) s.last_letters[log] = lsn;
}

bool retention::unread(const of_segment& s) const {
  return std::any_of(s.last_lsns.begin(), s.last_lsns.end(), [&](const auto& last) {
    const auto found = readers_.find(last.first);
    if (found == readers_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const position& p) { return p.lsn < last.second; });
  });
}

bool retention::unread_letters(std::uint64_t log, std::uint64_t lsn) const {
  if (const auto done = letters_done_.find(log); done != letters_done_.end() && lsn <= done->second) return false;
  const auto found = readers_.find(log);
  if (found == readers_.end()) return true;
  const auto& all = found->second;
  // Those that read other ostreams of the log leave its dead letters unread.
  return std::none_of(all.begin(), all.end(), [](const position& p) { return p.letters; }) ||
         std::any_of(all.begin(), all.end(), [&](const position& p) { return p.letters && p.lsn < lsn; });
}

bool retention::unread_letters(const of_segment& s) const {
  return std::any_of(s.last_letters.begin(), s.last_letters.end(), [&](const auto& last) { return unread_letters(last.first, last.second); });
}

bool retention::too_young(std::uint64_t log, const of_segment& s, std::int64_t now) const {
  const auto found = retained_.find(log);
  return found != retained_.end() && now - s.last_time < found->second;
}

bool retention::too_young(const of_segment& s, std::int64_t now) const {
  if (retained_.empty()) return false;
  return std::any_of(s.last_lsns.begin(), s.last_lsns.end(), [&](const auto& last) { return too_young(last.first, s, now); });
}

std::uint64_t retention::first_needed(std::uint64_t current, std::int64_t now) const {
  for (const of_segment& s : segments_) {
    if (s.number >= current || s.last_sequence > covered_ || unread(s) || unread_letters(s) || too_young(s, now)) return std::min(s.number, current);
  }
  return current;
}

std::uint64_t retention::first_counted(std::uint64_t current) {
  // What is retained may be many segments.
  auto s = std::partition_point(segments_.begin(), segments_.end(), [this](const of_segment& o) { return o.number < counted_; });
  for (; s != segments_.end(); ++s) {
    counted_ = s->number;
    if (s->number >= current || s->last_sequence > covered_ || unread(*s)) return std::min(counted_, current);
  }
  return current;
}

bool retention::waits_for_checkpoint(std::uint64_t current) {
  const std::uint64_t number = first_counted(current);
  const auto found = std::find_if(segments_.begin(), segments_.end(), [&](const of_segment& s) { return s.number == number; });
  return found != segments_.end() && number < current && found->last_sequence > covered_ && !unread(*found);
}

std::optional<retention::retained> retention::retained_by(std::uint64_t current, std::int64_t now) const {
  if (segments_.empty()) return std::nullopt;
  const of_segment& s = segments_.front();
  if (s.number >= current || s.last_sequence > covered_ || unread(s)) return std::nullopt;
  std::optional<retained> by;
  for (const auto& [log, lsn] : s.last_lsns) {
    if (by && by->log < log) continue;
    const auto letters = s.last_letters.find(log);
    if (letters != s.last_letters.end() && unread_letters(log, letters->second)) {
      by = {log, true};
    } else if (too_young(log, s, now)) {
      by = {log, false};
    }
  }
  return by;
}

void retention::forget_before(std::uint64_t segment) {
  while (!segments_.empty() && segments_.front().number < segment) segments_.pop_front();
}

}  // namespace weir::runtime
