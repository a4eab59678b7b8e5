// Who reads a log: readers come, lag, learn how far the log has come, and leave.
#include <algorithm>

#include "runtime/stream/log_actor.hpp"

namespace weir::runtime {

/// Where this subscriber's group is, made where it is new. A place that others have left is taken again, so that coming and going leaves nothing behind.
std::size_t log_actor::group_for(const reader_group& g) {
  std::size_t place = groups_.size();
  for (std::size_t i = groups_.size(); i-- > 0;) {
    const bool used = std::any_of(readers_.begin(), readers_.end(), [i](const reader_state& r) { return r.group == i; });
    if (used && groups_[i].id == g.id) return i;
    if (!used) place = i;
  }
  if (place == groups_.size()) {
    groups_.emplace_back();
    tables_.emplace_back(g.partitions);
  }
  groups_[place] = g;
  tables_[place] = slot_table(g.partitions);
  const auto clear = [place](cached_frame& f) {
    if (place < f.selections.size()) f.selections[place] = {};
  };
  std::for_each(tail_.begin(), tail_.end(), clear);
  std::for_each(read_back_.begin(), read_back_.end(), clear);
  return place;
}

void log_actor::subscribe(const subscribe_message& m) {
  forget_reader(m.reader.log);
  readers_.push_back({.reader = m.reader, .group = group_for(m.group), .counted_from = last_lsn_ + 1});
  reader_state& r = readers_.back();
  // Behind the last frame nothing might come for long: then what that one said must be known.
  if (r.reader.fresh && last_lsn_ > 0 && r.reader.next_lsn == last_lsn_ + 1) {
    r.reader.watermark = watermark_;
    r.idle = idle_;
    r.ended = ended_lsn_ != 0;
    tell_position(r);
  }
  pump_all();
}

void log_actor::leave(const leave_message& m) {
  const auto found = std::find_if(readers_.begin(), readers_.end(), [&](const reader_state& r) { return r.reader.log == m.reader; });
  if (m.when_drained && found != readers_.end()) {
    found->leaving = true;
    found->visit = m.visit;
    return;
  }
  forget_reader(m.reader);
  answer_leave(m.actor, m.visit);
  trim_tail();
  tell_producer();
}

void log_actor::answer_leave(const actor_ref& to, std::uint64_t visit) const {
  auto answer = make_intrusive<input_drained_message>();
  answer->log = options_.log;
  answer->visit = visit;
  to.send(std::move(answer));
}

void log_actor::forget_reader(std::uint64_t log) {
  std::erase_if(readers_, [log](reader_state& r) {
    if (r.reader.log != log) return false;
    clear_lag(r);
    return true;
  });
}

void log_actor::detach(std::uint64_t reader) {
  for (reader_state& r : readers_) {
    if (r.reader.log != reader) continue;
    r.detached = true;
    clear_lag(r);
  }
  trim_tail();
  tell_producer();
}

void log_actor::advance_readers() {
  advance_scheduled_ = false;
  for (reader_state& r : readers_) {
    if (r.advance_pending && !r.detached) tell_position(r);
  }
}

void log_actor::tell_position(reader_state& r) {
  r.advance_pending = false;
  auto d = make_intrusive<delivery_message>();
  d->log = options_.log;
  d->lsn = r.reader.next_lsn - 1;
  d->watermark_before = d->watermark = r.reader.watermark;
  d->idle = r.idle;
  d->ended = r.ended;
  r.reader.actor.send(std::move(d));
}

/// Those who wait for it, and the node, learn that this log has drained.
void log_actor::tell_drained() {
  for (std::size_t i = readers_.size(); i-- > 0;) {
    reader_state& r = readers_[i];
    if (!r.leaving || (!r.detached && r.reader.next_lsn <= last_lsn_)) continue;
    if (r.advance_pending && !r.detached) tell_position(r);
    answer_leave(r.reader.actor, r.visit);
    forget_reader(r.reader.log);
  }
  trim_tail();
  if (drained_ || durable_lsn_ != last_lsn_) return;
  drained_ = true;
  options_.events->log_drained(options_.log);
}

const frame_selection& log_actor::selection(cached_frame& f, std::size_t group) {
  if (f.selections.size() < groups_.size()) f.selections.resize(groups_.size());
  auto& made = f.selections[group];
  if (!made) {
    static const record_batch nothing;
    made = make_intrusive<frame_selection>();
    for (const subscription& s : groups_[group].subscriptions) {
      const record_batch& batch = s.ostream < f.content->outputs.size() ? f.content->outputs[s.ostream] : nothing;
      made->parts.emplace_back(batch, options_.log, f.content->lsn, options_.partition, s.grouping, tables_[group]);
    }
  }
  return *made;
}

log_actor::share log_actor::charge(const frame& f, const reader_group& g) const noexcept {
  share mine;
  for (const subscription& s : g.subscriptions) {
    if (s.ostream >= f.outputs.size()) continue;
    const std::uint32_t among = s.grouping == WEIR_GROUPING_GROUP_BY || s.grouping == WEIR_GROUPING_SHUFFLE ? g.partitions : 1;
    mine.bytes += f.outputs[s.ostream].stored_size() / among;
    mine.records += f.outputs[s.ostream].count() * shares_per_record / among;
  }
  mine.bytes = std::max<std::uint64_t>(mine.bytes, 1);
  return mine;
}

}  // namespace weir::runtime
