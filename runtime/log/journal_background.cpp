// The journal's background: snapshots and checkpoints, segments prepared ahead, segments recycled. One piece of work a call.
#include <algorithm>

#include "runtime/log/journal_core.hpp"
#include "runtime/log/segment_walk.hpp"

namespace weir::runtime {

bool journal_core::run_background_once() {
  if (failed_.load(std::memory_order_relaxed) || clock_.monotonic_ns() < background_rests_until_) return false;
  // First what gives room, so that a full disk cannot keep it from doing so.
  auto released = release_segments();
  if (!released) return cannot(released.why());
  if (*released) return true;
  if (job_ || snapshot_is_due()) {
    if (!job_) begin_snapshot();
    if (auto made = continue_snapshot(); !made) return cannot(made.why());
    return true;
  }
  look_at_retained();
  if (!spare_is_due()) return false;
  if (auto made = store_->make_spare(durable_address_.load() / options_.segment_bytes + 1); !made) return cannot(made.why());
  return true;
}

/// A full disk is tried again after a while; everything else ends the journal. Always false.
bool journal_core::cannot(const error& why) {
  if (why.code == error_code::no_space) {
    background_rests_until_ = clock_.monotonic_ns() + retry_delay;
  } else {
    fail(why);
  }
  return false;
}

bool journal_core::snapshot_is_due() {
  const std::uint64_t address = durable_address_.load(std::memory_order_acquire);
  if (address - snapshot_address_.load(std::memory_order_relaxed) >= snapshot_distance_.load(std::memory_order_relaxed)) return true;
  const std::uint64_t soon = std::min(options_.journal_bytes_max / 8 * 5, room_of_sources(options_) - options_.segment_bytes);
  if (used_bytes_.load(std::memory_order_relaxed) < soon) return false;
  // Everybody has read on, only the older checkpoint still holds the oldest segment: another one lets it go.
  std::lock_guard lock(books_.mutex);
  return books_.keep.waits_for_checkpoint(books_.address / options_.segment_bytes);
}

bool journal_core::spare_is_due() const {
  const std::uint64_t durable = durable_address_.load(std::memory_order_relaxed);
  // The journal takes a segment before the one before it is durable to its end.
  if (store_->newest() > durable / options_.segment_bytes) return false;
  // Beyond the limit, for which what is retained does not count, no file is made before it is needed.
  const std::uint64_t files = segments_.load(std::memory_order_relaxed) + store_->free_files() + 1;
  const std::uint64_t most = options_.journal_bytes_max + retained_bytes_.load(std::memory_order_relaxed);
  if (store_->free_files() == 0 && files * options_.segment_bytes > most) return false;
  return durable % options_.segment_bytes >= options_.segment_bytes / 4;
}

void journal_core::begin_snapshot() {
  job_.emplace();
  checkpoint& c = job_->target;
  std::vector<std::uint64_t> dropped;
  {
    std::lock_guard lock(books_.mutex);
    job_->changes = books_.changes.take();
    // As long as the journal holds frames of a log, recovery compares their end with the snapshot's.
    for (const std::uint64_t log : books_.forgotten) {
      const bool held = books_.index.first_lsn(log) != 0;
      job_->changes.folded.forget(log, held ? collected_changes::remains::head : collected_changes::remains::nothing);
      if (!held) dropped.push_back(log);
    }
    for (const std::uint64_t log : dropped) {
      books_.forgotten.erase(log);
      books_.index.forget(log);
    }
    c.sequence = books_.sequence;
    c.read_from = books_.frames_end;
  }
  c.number = checkpoints_.next_number;
  c.journal_id = store_->journal_id();
  {
    std::lock_guard lock(fill_mutex_);
    c.epoch = assembler_->epoch();
    for (const std::uint64_t log : dropped) assembler_->forget(log);
  }
  c.next_segment = c.read_from / options_.segment_bytes + 1;
}

result<void> journal_core::continue_snapshot() {
  if (auto read = read_noted(); !read) return read;
  const std::string old = checkpoints_.newest ? snapshot_path(options_.directory, checkpoints_.newest->snapshot.sequence) : std::string();
  auto made = make_snapshot(files_, options_.directory, store_->journal_id(), job_->target.sequence, old, job_->changes.folded);
  if (!made) return made.why();
  return finish_snapshot(*made);
}

/// Folds in what was only noted, reading it back from the journal.
result<void> journal_core::read_noted() {
  for (; job_->read < job_->changes.noted.size(); ++job_->read) {
    const frame_place place = job_->changes.noted[job_->read];
    segment_ptr in;
    {
      std::lock_guard lock(books_.mutex);
      in = books_.segment_at(place.address);
    }
    if (!in) return error{error_code::failed, "a segment that the next snapshot needs was recycled; this is a bug"};
    auto bytes = std::make_unique_for_overwrite<char[]>(place.bytes);
    auto got = in->file->read(place.address % options_.segment_bytes, bytes.get(), place.bytes);
    if (!got) return got.why();
    if (*got < place.bytes) return error{error_code::corrupt, in->path + " has become shorter; 'weir data verify " + options_.directory + "' shows more"};
    auto parsed = frame::parse(std::move(bytes), place.bytes);
    if (!parsed) return error{parsed.why().code, in->path + ": " + parsed.why().message};
    job_->changes.folded.add(**parsed);
  }
  return {};
}

result<void> journal_core::finish_snapshot(const snapshot_identity& made) {
  checkpoint& c = job_->target;
  c.snapshot = made;
  if (auto written = write_checkpoint(files_, options_.directory, c); !written) return written;
  checkpoints_.older = std::exchange(checkpoints_.newest, c);
  ++checkpoints_.next_number;
  snapshot_address_ = c.read_from;
  snapshot_distance_ = std::min(options_.journal_bytes_max / 4, std::max(2 * options_.segment_bytes, made.bytes));
  ++snapshots_;
  job_.reset();
  {
    std::lock_guard lock(books_.mutex);
    books_.keep.covered(checkpoints_.older ? checkpoints_.older->sequence : 0);
    update_use(books_.address / options_.segment_bytes);
  }
  {
    std::lock_guard lock(done_mutex_);
    tell_room();
  }
  return remove_old_snapshots();
}

/// Files that neither checkpoint names, also such as a crash left behind.
result<void> journal_core::remove_old_snapshots() {
  const std::string directory = options_.directory + "/snapshots";
  auto names = files_.list(directory);
  if (!names) return names.why();
  for (const std::string& name : *names) {
    const bool newest = checkpoints_.newest && name == snapshot_name(checkpoints_.newest->snapshot.sequence);
    const bool older = checkpoints_.older && name == snapshot_name(checkpoints_.older->snapshot.sequence);
    if (newest || older) continue;
    if (auto removed = files_.remove(directory + "/" + name); !removed) return removed;
  }
  return {};
}

/// Tells of the first log that keeps more than the limit allows, once for each.
void journal_core::look_at_retained() {
  std::optional<retention::retained> by;
  retained_log what;
  {
    std::lock_guard lock(books_.mutex);
    what.journal_bytes = books_.segments.size() * options_.segment_bytes;
    what.bytes = retained_bytes_.load(std::memory_order_relaxed);
    if (what.journal_bytes > options_.journal_bytes_max && what.bytes > 0)
      by = books_.keep.retained_by(books_.address / options_.segment_bytes, clock_.monotonic_ns());
  }
  if (what.journal_bytes <= options_.journal_bytes_max) told_retained_.clear();
  if (!by) return;
  std::lock_guard lock(done_mutex_);
  if (!listener_ || !telling_ || !told_retained_.insert(by->log).second) return;
  what.log = by->log;
  what.dead_letters = by->letters;
  listener_->retained_beyond_limit(what);
}

/// True when a segment was given up.
result<bool> journal_core::release_segments() {
  if (!checkpoints_.older) return false;
  std::uint64_t number = 0;
  std::uint64_t keep = 0;
  {
    std::lock_guard lock(books_.mutex);
    const std::uint64_t current = books_.address / options_.segment_bytes;
    const auto first = books_.segments.begin();
    // Recovery from the older checkpoint starts in the segment where its sequence ends, even if no frame of that one is needed.
    const std::uint64_t needed = std::min(books_.keep.first_needed(current, clock_.monotonic_ns()), checkpoints_.older->read_from / options_.segment_bytes);
    // A reader may still be in it.
    if (first == books_.segments.end() || first->first >= needed || first->second.use_count() > 1) return false;
    number = first->first;
    books_.segments.erase(first);
    books_.keep.forget_before(number + 1);
    books_.index.forget_before((number + 1) * options_.segment_bytes);
    segments_ = books_.segments.size();
    ++releasing_;
    const std::uint64_t most = options_.journal_bytes_max / options_.segment_bytes;
    keep = most - std::min(most, store_->newest() - number);
  }
  auto released = store_->release(number, keep);
  {
    std::lock_guard lock(books_.mutex);
    --releasing_;
    update_use(books_.address / options_.segment_bytes);
  }
  if (!released) return released.why();
  std::lock_guard lock(done_mutex_);
  tell_room();
  return true;
}

}  // namespace weir::runtime
