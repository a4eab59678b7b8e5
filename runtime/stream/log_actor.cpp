#include "runtime/stream/log_actor.hpp"

#include <algorithm>

namespace weir::runtime {

namespace {
constexpr std::uint64_t advance_token = 1;
}

log_actor::log_actor(log_actor_options options)
    : options_(std::move(options)),
      compression_(options_.compressed),
      last_lsn_(options_.last_lsn),
      watermark_(options_.watermark),
      idle_(options_.idle),
      durable_lsn_(options_.last_lsn),
      ended_lsn_(options_.ended ? options_.last_lsn : 0) {
  options_.counters->last_lsn = options_.counters->durable_lsn = options_.last_lsn;
}

void log_actor::start(const actor_ref& self, core& home) {
  self_ = self;
  home_ = &home;
}

void log_actor::receive(const message& m) {
  switch (m.kind) {
    case wire_log_message::kind_of: wire(as<wire_log_message>(m)); break;
    case append_message::kind_of: append(as<append_message>(m)); break;
    case durable_message::kind_of: durable(as<durable_message>(m).lsn); break;
    case credit_message::kind_of: credit(as<credit_message>(m)); break;
    case read_message::kind_of: frames_read(as<read_message>(m)); break;
    case subscribe_message::kind_of: subscribe(as<subscribe_message>(m)); break;
    case leave_message::kind_of: leave(as<leave_message>(m)); break;
    case detach_message::kind_of: detach(as<detach_message>(m).reader); break;
    case timer_message::kind_of: advance_readers(); break;
    case drain_log_message::kind_of: draining_ = true; break;
    default: break;
  }
  if (draining_) tell_drained();
}

void log_actor::wire(const wire_log_message& m) {
  producer_ = m.producer;
  draining_ = drained_ = false;
  if (!m.compressed.empty()) compression_ = compression_backoff(m.compressed);
  if (ended_lsn_ != 0) options_.events->log_ended(options_.log);
  pump_all();
}

void log_actor::append(const append_message& m) {
  const frame_ptr f = m.content;
  f->log = options_.log;
  f->lsn = ++last_lsn_;
  options_.counters->last_lsn.store(last_lsn_, std::memory_order_relaxed);
  const auto sealed = f->seal(compression_.choose(*f));
  if (!sealed) return options_.events->fatal(sealed.why());
  compression_.note(*f);
  watermark_ = std::max(watermark_, f->watermark);
  idle_ = f->idle;
  if (f->ended) ended_lsn_ = f->lsn;
  if (m.tell_durable) told_lsns_.push_back(f->lsn);
  note_undurable(true);
  options_.to->append(f);  // From here on the frame has its place in the journal; only now may anyone see it.
  tail_.push_back({f, {}});
  backlog_bytes_ += f->memory_bytes();
  for (reader_state& r : readers_) {
    if (r.detached) continue;
    const share mine = charge(*f, groups_[r.group]);
    r.lag_bytes += mine.bytes;
    r.lag_shares += mine.records;
    show_lag(r);
  }
  pump_all();
  options_.to->wake();
  tell_producer();
}

void log_actor::durable(std::uint64_t lsn) {
  const bool ended_now = ended_lsn_ != 0 && durable_lsn_ < ended_lsn_ && lsn >= ended_lsn_;
  for (std::uint64_t l = durable_lsn_ + 1; l <= lsn; ++l) {
    const std::uint64_t bytes = find(l)->content->memory_bytes();
    backlog_bytes_ -= bytes;
    durable_tail_bytes_ += bytes;
  }
  durable_lsn_ = std::max(durable_lsn_, lsn);
  options_.counters->durable_lsn.store(durable_lsn_, std::memory_order_relaxed);
  note_undurable(false);
  tell_durable();
  pump_all();
  trim_tail();
  tell_producer();
  if (ended_now) options_.events->log_ended(options_.log);
}

/// For how long the oldest frame that is not durable has been waiting, without a time for every frame: what is left when others became durable came about
/// when those before it had.
void log_actor::note_undurable(bool appended) {
  std::atomic<std::int64_t>& since = options_.counters->undurable_since_ns;
  if (appended && since.load(std::memory_order_relaxed) != 0) return;
  const std::int64_t now = home_->time().monotonic_ns();
  if (appended) return since.store(now, std::memory_order_relaxed);
  since.store(durable_lsn_ < last_lsn_ ? last_durable_ns_ : 0, std::memory_order_relaxed);
  last_durable_ns_ = now;
}

void log_actor::tell_durable() {
  std::uint32_t count = 0;
  for (; !told_lsns_.empty() && told_lsns_.front() <= durable_lsn_; told_lsns_.pop_front()) ++count;
  if (count == 0) return;
  auto m = make_intrusive<frames_durable_message>();
  m->count = count;
  producer_.send(std::move(m));
}

void log_actor::credit(const credit_message& m) {
  for (reader_state& r : readers_) {
    if (r.reader.log != m.reader) continue;
    r.credit_used -= std::min(r.credit_used, m.bytes);
    reduce_lag(r, m.bytes, m.records);
    pump(r);
  }
  read_for_laggards();
  trim_tail();
  tell_producer();
}

void log_actor::pump_all() {
  for (reader_state& r : readers_) pump(r);
  read_for_laggards();
}

void log_actor::pump(reader_state& r) {
  const std::uint64_t last = limit(groups_[r.group]);
  while (!r.detached && r.reader.next_lsn <= last && r.credit_used < options_.limits.credit_bytes) {
    cached_frame* f = find(r.reader.next_lsn);
    if (f == nullptr) return;  // On disk: read_for_laggards.
    deliver(r, *f);
  }
}

void log_actor::deliver(reader_state& r, cached_frame& f) {
  const frame_selection& mine = selection(f, r.group);
  const share charged = charge(*f.content, groups_[r.group]);
  std::uint64_t records = 0;
  for (const record_selection& part : mine.parts) records += part.count(r.reader.partition);
  if (f.content->lsn >= r.counted_from) r.lag_shares -= std::min(r.lag_shares, charged.records);
  if (records > 0 || f.content->ended) {
    auto d = make_intrusive<delivery_message>();
    d->log = options_.log;
    d->lsn = f.content->lsn;
    d->content = f.content;
    d->selection = f.selections[r.group];
    d->watermark_before = r.reader.watermark;
    d->watermark = f.content->watermark;
    d->idle = f.content->idle;
    d->ended = f.content->ended;
    d->credit_bytes = charged.bytes;
    d->credit_records = records;
    r.lag_records += records;
    show_lag(r);
    r.credit_used += charged.bytes;
    r.advance_pending = false;
    r.reader.actor.send(std::move(d));
  } else {
    reduce_lag(r, charged.bytes, 0);
    r.advance_pending = true;
    if (!advance_scheduled_) {
      advance_scheduled_ = true;
      home_->wake_at(home_->time().monotonic_ns() + options_.limits.advance_interval_ns, self_, advance_token);
    }
  }
  ++r.reader.next_lsn;
  r.reader.watermark = std::max(r.reader.watermark, f.content->watermark);
  r.idle = f.content->idle;
  r.ended = f.content->ended;
}

log_actor::cached_frame* log_actor::find(std::uint64_t lsn) {
  if (!tail_.empty() && lsn >= tail_.front().content->lsn) return &tail_[lsn - tail_.front().content->lsn];
  if (!read_back_.empty() && lsn >= read_back_.front().content->lsn && lsn <= read_back_.back().content->lsn)
    return &read_back_[lsn - read_back_.front().content->lsn];
  return nullptr;
}

void log_actor::read_for_laggards() {
  if (reading_) return;
  std::uint64_t from = UINT64_MAX;
  for (const reader_state& r : readers_) {
    const bool wants = !r.detached && r.reader.next_lsn <= limit(groups_[r.group]) && r.credit_used < options_.limits.credit_bytes;
    if (wants) from = std::min(from, r.reader.next_lsn);
  }
  if (from == UINT64_MAX) return;
  reading_ = true;
  options_.disk->submit([to = options_.to, self = self_, log = options_.log, bytes = options_.limits.read_bytes, from] {
    auto m = make_intrusive<read_message>();
    m->from = from;
    auto frames = to->read(log, from, bytes);
    if (!frames) {
      m->failed = true;
      m->problem = frames.why();
    } else {
      m->frames = std::move(frames).value();
    }
    self.send(std::move(m));
  });
}

void log_actor::frames_read(const read_message& m) {
  reading_ = false;
  // Whoever wanted them may have left meanwhile, and with it what kept them on disk.
  const bool wanted = std::any_of(readers_.begin(), readers_.end(), [&](const reader_state& r) { return !r.detached && r.reader.next_lsn == m.from; });
  if (m.failed && wanted) return options_.events->fatal(m.problem);
  const std::uint64_t first = m.frames.empty() ? durable_lsn_ + 1 : m.frames.front()->lsn;
  if (first != m.from && wanted)
    return options_.events->fatal({error_code::corrupt, "log " + std::to_string(options_.log) + ": LSN " + std::to_string(m.from) +
                                                            " is gone although a subscriber needs it; see `weir data verify`"});
  read_back_.clear();
  for (const frame_ptr& f : m.frames) read_back_.push_back({f, {}});
  pump_all();
}

void log_actor::trim_tail() {
  std::uint64_t needed = UINT64_MAX;
  for (const reader_state& r : readers_)
    if (!r.detached) needed = std::min(needed, r.reader.next_lsn);
  while (!tail_.empty() && tail_.front().content->lsn <= durable_lsn_ &&
         (tail_.front().content->lsn < needed || durable_tail_bytes_ > options_.limits.tail_bytes_max)) {
    durable_tail_bytes_ -= tail_.front().content->memory_bytes();
    tail_.pop_front();
  }
  if (needed == UINT64_MAX || (!tail_.empty() && needed >= tail_.front().content->lsn) || needed > last_lsn_) read_back_.clear();
}

/// Once it waits, it does until the readers are back in the tail: a reader of the disk is slower than one of memory, so one that is left there while the
/// producer goes on as fast as it lets it would stay there for ever.
std::uint64_t log_actor::slows_producer() const {
  const log_limits& limits = options_.limits;
  const std::uint64_t lag = producer_busy_ ? std::min(limits.lag_bytes_max / 2, limits.tail_bytes_max) : limits.lag_bytes_max;
  const std::uint64_t backlog = producer_busy_ ? limits.backlog_bytes_max / 2 : limits.backlog_bytes_max;
  if (backlog_bytes_ > backlog) return log_counters::journal_itself;
  const auto slow = std::find_if(readers_.begin(), readers_.end(), [&](const reader_state& r) { return r.lag_bytes > lag; });
  return slow == readers_.end() ? log_counters::no_log : slow->reader.log;
}

void log_actor::tell_producer() {
  const std::uint64_t slow = slows_producer();
  if (options_.counters->slowed_by.load(std::memory_order_relaxed) != slow) options_.counters->slowed_by.store(slow, std::memory_order_relaxed);
  const bool busy = slow != log_counters::no_log;
  if (busy == producer_busy_) return;
  producer_busy_ = busy;
  if (!producer_) return;
  if (busy)
    producer_.send(make_intrusive<log_busy_message>());
  else
    producer_.send(make_intrusive<log_ready_message>());
}

}  // namespace weir::runtime
