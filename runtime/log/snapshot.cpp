#include "runtime/log/snapshot.hpp"

#include <fmt/format.h>

#include <compare>

namespace weir::runtime {
namespace {

/// One merge() at work: both sides are sorted alike, so the smaller item is always next.
class merger {
 public:
  merger(snapshot_reader* old, const collected_changes& changes, snapshot_writer& to)
      : old_(old), log_(changes.logs().begin()), logs_end_(changes.logs().end()), forgotten_(changes.forgotten()), to_(to) {}

  result<void> run() {
    if (auto first = step_old(); !first) return first;
    while (has_old_ || log_ != logs_end_)
      if (auto done = merge_log(); !done) return done;
    return {};
  }

 private:
  using change_iterator = decltype(collected_changes::of_log::changes)::const_iterator;

  result<void> step_old() {
    if (!old_) return {};
    auto more = old_->next();
    if (!more) return more.why();
    has_old_ = *more;
    return {};
  }

  result<void> merge_log() {
    const bool both = has_old_ && log_ != logs_end_;
    const bool use_old = has_old_ && (!both || old_->head().log <= log_->first);
    const bool use_new = log_ != logs_end_ && (!both || log_->first <= old_->head().log);
    log_head head;
    if (use_old) head = old_->head();
    if (use_new) head.apply_head(log_->second.head);
    if (const auto gone = forgotten_.find(head.log); use_old && gone != forgotten_.end()) {
      if (use_new) ++log_;
      return pass_forgotten(std::move(head), gone->second);
    }
    if (auto begun = to_.begin_log(head); !begun) return begun;
    if (use_old)
      if (auto stepped = step_old(); !stepped) return stepped;
    if (!use_new) return merge_items(use_old, {}, {});
    const auto& changes = (log_++)->second.changes;
    return merge_items(use_old, changes.begin(), changes.end());
  }

  /// The old snapshot's next log, of which at most the head stays.
  result<void> pass_forgotten(log_head head, collected_changes::remains what) {
    head.inputs.clear();
    if (what == collected_changes::remains::head)
      if (auto begun = to_.begin_log(head); !begun) return begun;
    do {
      if (auto stepped = step_old(); !stepped) return stepped;
    } while (has_old_ && !old_->at_log());
    return {};
  }

  result<void> merge_items(bool use_old, change_iterator at, change_iterator end) {
    for (;;) {
      const bool old_item = use_old && has_old_ && !old_->at_log();
      if (!old_item && at == end) return {};
      std::strong_ordering order = old_item ? std::strong_ordering::less : std::strong_ordering::greater;
      if (old_item && at != end) order = change_key_view(old_->kind(), old_->item()) <=> change_key_view(at->first);
      auto done = order < 0 ? to_.add(old_->kind(), old_->item()) : add_new(*at++);
      if (done && order <= 0) done = step_old();
      if (!done) return done;
    }
  }

  result<void> add_new(const std::pair<const change_key, last_value>& c) {
    if (c.second.removed) return {};
    return to_.add(c.first.kind, {c.first.id, false, c.second.time, c.first.key, c.first.subkey, c.second.value});
  }

  snapshot_reader* old_;
  std::map<std::uint64_t, collected_changes::of_log>::const_iterator log_;
  std::map<std::uint64_t, collected_changes::of_log>::const_iterator logs_end_;
  const std::map<std::uint64_t, collected_changes::remains>& forgotten_;
  snapshot_writer& to_;
  bool has_old_ = false;
};

result<snapshot_identity> write_merged(files& fs, const std::string& path, std::uint64_t journal_id, std::uint64_t sequence, snapshot_reader* old,
                                       const collected_changes& changes) {
  auto writer = snapshot_writer::create(fs, path, journal_id, sequence);
  if (!writer) return writer.why();
  if (auto merged = merge(old, changes, **writer); !merged) return merged.why();
  auto written = (*writer)->finish();
  if (!written) return written;
  auto verified = verify_snapshot(fs, path);
  if (!verified) return verified;
  if (*verified != *written) return error{error_code::corrupt, fmt::format("the snapshot {} reads back as another than was written: check the disk", path)};
  return written;
}

}  // namespace

std::string snapshot_name(std::uint64_t sequence) { return fmt::format("{:020}.snapshot", sequence); }

std::string snapshot_path(const std::string& data_directory, std::uint64_t sequence) { return data_directory + "/snapshots/" + snapshot_name(sequence); }

result<void> merge(snapshot_reader* old, const collected_changes& changes, snapshot_writer& to) { return merger(old, changes, to).run(); }

result<snapshot_identity> make_snapshot(files& fs, const std::string& data_directory, std::uint64_t journal_id, std::uint64_t sequence,
                                        const std::string& old_path, const collected_changes& changes) {
  const std::string folder = data_directory + "/snapshots";
  const std::string path = snapshot_path(data_directory, sequence);
  const std::string unfinished = path + std::string(unfinished_snapshot_suffix);
  if (auto made = fs.make_directory(folder); !made) return made.why();
  if (fs.exists(unfinished))
    if (auto removed = fs.remove(unfinished); !removed) return removed.why();
  std::unique_ptr<snapshot_reader> old;
  if (!old_path.empty()) {
    auto opened = snapshot_reader::open(fs, old_path);
    if (!opened) return opened.why();
    old = std::move(opened).value();
    if (old->identity().journal_id != journal_id || old->identity().sequence > sequence)
      return error{error_code::corrupt, fmt::format("the snapshot {} is not one that sequence {} of this journal can go on from", old_path, sequence)};
  }
  auto written = write_merged(fs, unfinished, journal_id, sequence, old.get(), changes);
  if (!written) {
    // On a full disk the space counts, and why it failed counts more than whether this works.
    (void)fs.remove(unfinished);
    return written;
  }
  if (auto renamed = fs.rename(unfinished, path); !renamed) return renamed.why();
  if (auto synced = fs.sync_directory(folder); !synced) return synced.why();
  return written;
}

result<snapshot_identity> verify_snapshot(files& fs, const std::string& path) {
  auto reader = snapshot_reader::open(fs, path);
  if (!reader) return reader.why();
  for (;;) {
    auto more = (*reader)->next();
    if (!more) return more.why();
    if (!*more) return (*reader)->identity();
  }
}

result<loaded_snapshot> load_snapshot(files& fs, const std::string& path) {
  auto opened = snapshot_reader::open(fs, path);
  if (!opened) return opened.why();
  snapshot_reader& reader = **opened;
  loaded_snapshot loaded;
  log_image* image = nullptr;
  for (;;) {
    auto more = reader.next();
    if (!more) return more.why();
    if (!*more) break;
    if (reader.at_log()) {
      image = &loaded.logs[reader.head().log];
      static_cast<log_head&>(*image) = reader.head();
    } else if (reader.kind() == section_kind::states) {
      image->states.apply(reader.item());
    } else {
      image->timers.apply(reader.item());
    }
  }
  loaded.identity = reader.identity();
  return loaded;
}

}  // namespace weir::runtime
