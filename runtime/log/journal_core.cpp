#include "runtime/log/journal_core.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::runtime {

journal_core::journal_core(files& fs, clock& time, const journal_options& options, std::unique_ptr<directory_lock> lock, std::unique_ptr<segment_store> store)
    : files_(fs), clock_(time), options_(options), lock_(std::move(lock)), store_(std::move(store)), books_(options.segment_bytes) {
  for (auto& page : pages_) page = std::make_unique<journal_page>(options.page_bytes);
}

journal_core::~journal_core() {
  stop_threads();
  while (frame* f = queue_.pop()) f->release();
}

void journal_core::register_reader(const log_reader_registration& reader) {
  std::lock_guard lock(books_.mutex);
  books_.keep.add_reader(reader.log, reader.reader, reader.lsn, reader.letters);
  update_use(books_.address / options_.segment_bytes);
}

void journal_core::forget(std::uint64_t log) {
  {
    std::lock_guard lock(books_.mutex);
    books_.keep.forget(log);
    books_.forgotten.insert(log);
    update_use(books_.address / options_.segment_bytes);
  }
  {
    std::lock_guard lock(done_mutex_);
    tell_room();
  }
  background_wake_.wake();
}

void journal_core::retain(std::uint64_t log, std::int64_t nanoseconds) {
  std::lock_guard lock(books_.mutex);
  books_.keep.retain(log, nanoseconds);
}

void journal_core::letters_done(std::uint64_t log, std::uint64_t lsn) {
  {
    std::lock_guard lock(books_.mutex);
    books_.keep.letters_done(log, lsn);
    update_use(books_.address / options_.segment_bytes);
  }
  background_wake_.wake();
}

std::uint64_t journal_core::first_lsn(std::uint64_t log) {
  std::lock_guard lock(books_.mutex);
  const std::uint64_t first = books_.index.first_lsn(log);
  return first != 0 ? first : books_.index.last_lsn(log) + 1;
}

std::uint64_t journal_core::last_lsn(std::uint64_t log) {
  std::lock_guard lock(books_.mutex);
  return books_.index.last_lsn(log);
}

void journal_core::set_listener(journal_listener* listener) {
  std::lock_guard lock(done_mutex_);
  listener_ = listener;
}

bool journal_core::admits(admission a) const noexcept {
  if (a == admission::positions || has_room(a)) return true;
  refused_[static_cast<std::size_t>(a)].store(true);
  return has_room(a);  // There may have been room before anybody could see that this one waits for it.
}

/// Beyond it sources wait. What is behind them still comes: an eighth, a segment of which only the beginning is used, and a spare one.
std::uint64_t journal_core::room_of_sources(const journal_options& o) noexcept {
  const std::uint64_t eighth = o.journal_bytes_max / 8;
  return std::min(6 * eighth, 7 * eighth - 2 * o.segment_bytes);
}

/// What is queued counts: a disk that is slower than the sources must not let them go on for as long as memory takes it.
bool journal_core::has_room(admission a) const noexcept {
  if (waiting_for_disk_.load()) return false;
  return used_bytes_.load() + queued_bytes_.load() < (a == admission::source ? room_of_sources(options_) : options_.journal_bytes_max / 8 * 7);
}

/// Tells of room those who were refused. done_mutex_ is held.
void journal_core::tell_room() {
  bool news = false;
  for (const admission a : {admission::source, admission::output})
    if (has_room(a) && refused_[static_cast<std::size_t>(a)].exchange(false)) news = true;
  if (news && listener_ && telling_) listener_->space_freed();
}

journal_statistics journal_core::statistics() const {
  journal_statistics s;
  s.frames = frames_;
  s.syncs = syncs_;
  s.bytes = bytes_;
  s.durable_sequence = durable_sequence_;
  s.segments = segments_;
  s.snapshots = snapshots_;
  s.used_bytes = used_bytes_;
  s.retained_bytes = retained_bytes_;
  return s;
}

/// Takes what is queued into the page. fill_mutex_ is held.
journal_core::outcome journal_core::fill(journal_page& page) {
  const outcome how = assembler_->fill(page, queue_, durable_sequence_.load(std::memory_order_acquire));
  if (how == outcome::ready) {
    issued_.store(page.ticket, std::memory_order_relaxed);
    if (!page.frames.empty()) unmarked_ = true;
  }
  return how;
}

/// False when the journal has failed.
bool journal_core::write(journal_page& page) {
  if (auto written = page.segment->file->write_durable(page.offset, page.content()); !written) {
    fail(written.why());
    return false;
  }
  complete(page);
  return !failed_.load(std::memory_order_relaxed);
}

void journal_core::complete(journal_page& page) {
  // Frames are freed when nobody waits for the lock any more.
  std::vector<written_page> entered;
  entered.push_back({page.ticket, page.last_sequence, page.size, page.offset, std::move(page.segment), std::move(page.frames), page.ends_in_frame});
  page.frames.clear();
  std::lock_guard lock(done_mutex_);
  const auto is_next = [this](const written_page& p) { return p.ticket == finished_.load(std::memory_order_relaxed) + 1; };
  if (!is_next(entered.front())) {
    out_of_order_.push_back(std::move(entered.front()));
    return;
  }
  enter(entered.front());
  // At most a few pages of the other threads waited for this one.
  while (true) {
    const auto next = std::find_if(out_of_order_.begin(), out_of_order_.end(), is_next);
    if (next == out_of_order_.end()) break;
    entered.push_back(std::move(*next));
    out_of_order_.erase(next);
    enter(entered.back());
  }
  done_.notify_all();
}

/// All up to the end of this page is durable: books, then everybody who waits. done_mutex_ is held.
void journal_core::enter(const written_page& page) {
  const std::uint64_t current = page.segment->number;
  const std::uint64_t address = current * options_.segment_bytes + page.offset + page.bytes;
  bool new_segment = false;
  {
    std::lock_guard lock(books_.mutex);
    new_segment = books_.segments.emplace(current, page.segment).second;
    segments_.store(books_.segments.size(), std::memory_order_relaxed);
    books_.enter(page.frames, clock_.monotonic_ns());
    books_.sequence = page.last_sequence;
    books_.address = address;
    if (!page.ends_in_frame) books_.frames_end = address;
    update_use(current);
    std::uint64_t queued = 0;
    for (const frame_ptr& f : page.frames) queued += f->frame_bytes();
    queued_bytes_.fetch_sub(queued);  // Only now, so that no byte goes uncounted in between.
  }
  finished_.store(page.ticket, std::memory_order_release);
  durable_sequence_.store(page.last_sequence, std::memory_order_release);
  durable_address_.store(address, std::memory_order_release);
  frames_.fetch_add(page.frames.size(), std::memory_order_relaxed);
  syncs_.fetch_add(1, std::memory_order_relaxed);
  bytes_.fetch_add(page.bytes, std::memory_order_relaxed);
  if (telling_ && listener_ && !page.frames.empty()) listener_->durable(page.frames);
  tell_room();
  const bool snapshot_due = address - snapshot_address_.load(std::memory_order_relaxed) >= snapshot_distance_.load(std::memory_order_relaxed);
  if (new_segment || snapshot_due || spare_is_due() || !has_room(admission::source)) background_wake_.wake();
}

/// What of the journal counts for admission. books_.mutex is held.
void journal_core::update_use(std::uint64_t current) {
  if (books_.segments.empty()) return;
  const std::uint64_t counted = std::max(books_.keep.first_counted(current), books_.segments.begin()->first);
  const std::uint64_t first = books_.segments.begin()->first;
  // What nobody needs any more takes its room until it is released.
  const std::uint64_t free = counted > first ? std::clamp(books_.keep.first_needed(current, clock_.monotonic_ns()), first, counted) - first : 0;
  used_bytes_.store(books_.address - std::min(books_.address, counted * options_.segment_bytes) + (free + releasing_) * options_.segment_bytes);
  retained_bytes_.store((counted - first - free) * options_.segment_bytes, std::memory_order_relaxed);
}

void journal_core::fail(const error& why) {
  std::lock_guard lock(done_mutex_);
  if (failed_.exchange(true)) return;
  failure_ = why;
  done_.notify_all();
  wake_.wake_all();
  if (listener_ && telling_) listener_->failed(why);
}

/// Whether the disk's being full has begun or ended with this. fill_mutex_ is held, so that a late word of it cannot make producers wait for ever.
bool journal_core::note_disk(outcome how) {
  if (how == outcome::blocked) return !waiting_for_disk_.exchange(true);
  return how == outcome::ready && waiting_for_disk_.exchange(false);
}

void journal_core::tell_disk(outcome how, const error& why) {
  std::lock_guard lock(done_mutex_);
  if (!listener_ || !telling_) return;
  if (how == outcome::blocked) {
    listener_->waiting_for_disk(why);
  } else {
    for (auto& waits : refused_) waits.store(false);  // Told now; who still has no room asks again.
    listener_->space_freed();
  }
}

/// Whether the journal is quiet and its last frames are not proven durable on disk. fill_mutex_ is held.
bool journal_core::mark_is_due() const {
  return unmarked_ && assembler_->idle(queue_) && finished_.load(std::memory_order_acquire) == issued_.load(std::memory_order_relaxed);
}

/// Fills the page with a mark; false where it cannot be written now. fill_mutex_ is held.
bool journal_core::write_mark(journal_page& page) {
  const outcome how = assembler_->mark(page, durable_sequence_.load(std::memory_order_acquire));
  // Without room for it the mark is not worth a wait: the frames behind it will tell the same.
  unmarked_ = false;
  if (how == outcome::ready) issued_.store(page.ticket, std::memory_order_relaxed);
  if (how == outcome::failed) fail(assembler_->why());
  return how == outcome::ready;
}

bool journal_core::fill_page(std::size_t writer) {
  journal_page& page = *pages_[writer];
  std::unique_lock lock(fill_mutex_);
  if (failed_.load(std::memory_order_relaxed)) return false;
  outcome how = fill(page);
  if (how == outcome::nothing && mark_is_due() && write_mark(page)) how = outcome::ready;
  const bool news = note_disk(how);
  const error why = assembler_->why();
  lock.unlock();
  if (news) tell_disk(how, why);
  if (how == outcome::failed) fail(why);
  return how == outcome::ready;
}

}  // namespace weir::runtime
