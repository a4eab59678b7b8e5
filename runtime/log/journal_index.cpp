#include "runtime/log/journal_index.hpp"

#include <algorithm>

namespace weir::runtime {
namespace {

constexpr auto lsn_below = [](std::uint64_t lsn, const index_mark& m) { return lsn < m.lsn; };

}  // namespace

void journal_index::add(std::uint64_t log, std::uint64_t lsn, std::uint64_t address) {
  of_log& l = logs_[log];
  l.last_lsn = lsn;
  const bool due = l.marks.empty() || address - l.marks.back().address >= mark_distance || address / segment_bytes_ != l.marks.back().address / segment_bytes_;
  if (due) l.marks.push_back({lsn, address});
}

const journal_index::of_log* journal_index::look_up(std::uint64_t log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() || found->second.marks.empty() ? nullptr : &found->second;
}

std::optional<index_mark> journal_index::find(std::uint64_t log, std::uint64_t lsn) const {
  const of_log* l = look_up(log);
  if (!l || lsn > l->last_lsn || lsn < l->marks.front().lsn) return std::nullopt;
  return *std::prev(std::upper_bound(l->marks.begin(), l->marks.end(), lsn, lsn_below));
}

std::optional<index_mark> journal_index::after(std::uint64_t log, std::uint64_t lsn) const {
  const of_log* l = look_up(log);
  if (!l) return std::nullopt;
  const auto next = std::upper_bound(l->marks.begin(), l->marks.end(), lsn, lsn_below);
  if (next == l->marks.end()) return std::nullopt;
  return *next;
}

std::uint64_t journal_index::first_lsn(std::uint64_t log) const {
  const of_log* l = look_up(log);
  return l ? l->marks.front().lsn : 0;
}

std::uint64_t journal_index::last_lsn(std::uint64_t log) const {
  const auto found = logs_.find(log);
  return found == logs_.end() ? 0 : found->second.last_lsn;
}

void journal_index::forget_before(std::uint64_t address) {
  for (auto& [log, l] : logs_) {
    while (!l.marks.empty() && l.marks.front().address < address) l.marks.pop_front();
  }
}

}  // namespace weir::runtime
