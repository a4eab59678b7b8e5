// Opening: a data directory is made or recovered, and a start writes its epoch.
#include <fmt/format.h>

#include "runtime/log/journal_core.hpp"
#include "runtime/log/journal_meta.hpp"

namespace weir::runtime {
namespace {

result<void> check_options(const journal_options& o) {
  const auto wrong = [](std::string message) { return error{error_code::usage, std::move(message)}; };
  if (o.directory.empty()) return wrong("no data directory is given");
  if (o.segment_bytes % block_bytes != 0 || o.segment_bytes < segment_bytes_min || o.segment_bytes > segment_bytes_max) {
    return wrong(
        fmt::format("segment_bytes is {}; it must be a multiple of {} from {} to {}", o.segment_bytes, block_bytes, segment_bytes_min, segment_bytes_max));
  }
  if (o.journal_bytes_max < 8 * o.segment_bytes) {
    return wrong(fmt::format("journal_bytes_max is {}; it must be at least 8 segments, {}", o.journal_bytes_max, 8 * o.segment_bytes));
  }
  if (o.page_bytes < block_bytes) return wrong(fmt::format("page_bytes is {}; it must be at least {}", o.page_bytes, block_bytes));
  return {};
}

/// What a creation that was interrupted left; nothing in it was ever used.
result<void> clear_unfinished(files& fs, const std::string& directory) {
  const std::string journal = journal_directory(directory);
  if (!fs.exists(journal)) return {};
  auto names = fs.list(journal);
  if (!names) return names.why();
  for (const std::string& name : *names) {
    if (auto removed = fs.remove(journal + "/" + name); !removed) return removed;
  }
  return fs.sync_directory(journal);
}

result<void> make_data_directory(files& fs, random_source& random, const journal_options& o) {
  const journal_meta meta{random.next(), o.segment_bytes};
  if (auto begun = begin_meta(fs, o.directory, meta); !begun) return begun;
  if (auto made = fs.make_directory(journal_directory(o.directory)); !made) return made;
  if (auto cleared = clear_unfinished(fs, o.directory); !cleared) return cleared;
  if (auto made = fs.make_directory(o.directory + "/snapshots"); !made) return made;
  segment_store store(fs, o.directory, meta.journal_id, meta.segment_bytes);
  if (auto first = store.take(first_segment_number); !first) return first.why();
  return finish_meta(fs, o.directory);
}

}  // namespace

result<std::unique_ptr<journal>> journal::open(files& fs, clock& time, random_source& random, const journal_options& options) {
  if (auto fine = check_options(options); !fine) return fine.why();
  if (auto made = fs.make_directory(options.directory); !made) return made.why();
  // Looked at before the lock, which leaves its file in the directory: nothing is put into one that is not ours.
  if (auto looked = look_at_data_directory(fs, options.directory); !looked) return looked.why();
  auto lock = fs.lock(options.directory);
  if (!lock) return lock.why();
  auto state = look_at_data_directory(fs, options.directory);
  if (!state) return state.why();
  const bool created = *state != data_directory_state::made;
  if (created) {
    if (auto made = make_data_directory(fs, random, options); !made) return made.why();
  }
  auto meta = read_meta(fs, options.directory);
  if (!meta) return meta.why();
  if (meta->segment_bytes != options.segment_bytes) {
    return error{error_code::refused, fmt::format("data directory {} was made with segments of {} bytes, and {} are asked for; use the size it has",
                                                  options.directory, meta->segment_bytes, options.segment_bytes)};
  }
  // What a killed process did to the directory may be in the cache only.
  if (auto synced = fs.sync_directory(options.directory); !synced) return synced.why();
  auto store = std::make_unique<segment_store>(fs, options.directory, meta->journal_id, meta->segment_bytes);
  auto core = std::make_unique<journal_core>(fs, time, options, std::move(*lock), std::move(store));
  if (auto recovered = core->recover(created); !recovered) return recovered.why();
  return std::unique_ptr<journal>(std::move(core));
}

result<void> journal_core::recover(bool created) {
  recovery r(files_, options_.directory, *store_, books_, clock_.monotonic_ns());
  r.set_progress(options_.recovering);
  auto known = r.run();
  if (!known) return known.why();
  recovered_ = std::move(known->found);
  recovered_.created = created;
  checkpoints_ = std::move(known->checkpoints);
  assembler_ = std::make_unique<journal_assembler>(*store_, std::move(known->end), std::move(known->chains));
  durable_sequence_ = books_.sequence;
  durable_address_ = books_.address;
  segments_ = books_.segments.size();
  // Before the first checkpoint everything counts from the beginning.
  snapshot_address_ = checkpoints_.newest ? checkpoints_.newest->read_from : books_.segments.begin()->first * options_.segment_bytes;
  snapshot_distance_ =
      std::min(options_.journal_bytes_max / 4, std::max(2 * options_.segment_bytes, checkpoints_.newest ? checkpoints_.newest->snapshot.bytes : 0));
  update_use(books_.address / options_.segment_bytes);
  // A damaged snapshot stays for whoever wants to look at it, until the next one is made.
  if (!recovered_.warnings.empty()) return {};
  return remove_old_snapshots();
}

recovered_journal journal_core::take_recovered() { return std::move(recovered_); }

result<std::uint64_t> journal_core::start_epoch(frame_ptr admin) {
  const std::uint64_t epoch = assembler_->epoch() + 1;
  assembler_->set_epoch(epoch);
  std::uint64_t lsn = assembler_->last_lsn(0);
  auto first = make_intrusive<frame>();
  first->cause = frame_cause::admin;
  for (frame_ptr& f : std::array<frame_ptr, 2>{first, admin}) {
    if (!f) continue;
    f->lsn = ++lsn;
    if (!f->sealed()) {
      if (auto sealed = f->seal(); !sealed) return sealed.why();
    }
    append(std::move(f));
  }
  while (!assembler_->idle(queue_)) {
    if (run_once()) continue;
    if (failed_.load()) return failure_;
    return assembler_->why();  // The disk is full.
  }
  std::lock_guard lock(done_mutex_);
  telling_ = true;
  return epoch;
}

}  // namespace weir::runtime
