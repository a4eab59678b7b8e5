#include "runtime/log/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::runtime {

error recovery::damaged(const segment& s, std::uint64_t offset, const std::string& why) const {
  return {error_code::corrupt,
          fmt::format("{} is damaged at offset {}: {}; nothing was changed; 'weir data verify {}' shows all damage", s.path, offset, why, directory_)};
}

result<recovery_result> recovery::run() {
  if (auto opened = open_segments(); !opened) return opened.why();
  if (auto loaded = load_checkpoint(); !loaded) return loaded.why();
  if (auto started = start_walk(); !started) return started.why();
  if (auto walked = walk_segments(); !walked) return walked.why();
  if (!crossed_) {
    if (auto crossed = cross_checkpoint(); !crossed) return crossed.why();
  }
  if (auto sound = check_positions(); !sound) return sound.why();
  if (auto ended = end_journal(); !ended) return ended.why();
  if (progress_) progress_(segments_.size() * store_.segment_bytes(), segments_.size() * store_.segment_bytes());
  return std::move(out_);
}

result<void> recovery::open_segments() {
  auto numbers = store_.list();
  if (!numbers) return numbers.why();
  if (numbers->empty()) {
    return error{error_code::corrupt, fmt::format("{} holds no segment although the data directory was in use; restore it from a backup, or start with "
                                                  "another data directory",
                                                  store_.directory())};
  }
  for (std::size_t i = 0; i < numbers->size(); ++i) {
    const std::uint64_t number = (*numbers)[i];
    if (i > 0 && number != (*numbers)[i - 1] + 1) {
      return error{error_code::corrupt, fmt::format("{} is missing although {} is there; restore it; 'weir data verify {}' shows more",
                                                    store_.path_of((*numbers)[i - 1] + 1), segment_name(number), directory_)};
    }
    auto opened = store_.open(number);
    if (!opened) return opened.why();
    segments_.push_back(std::move(*opened));
  }
  return {};
}

result<void> recovery::load_checkpoint() {
  if (auto synced = sync_checkpoints(files_, directory_); !synced) return synced;
  auto read = read_checkpoints(files_, directory_);
  if (!read) return read.why();
  if (read->damaged > 0) out_.found.warnings.push_back("a checkpoint slot in " + directory_ + " is damaged; the other one is used");
  std::optional<error> refused;
  for (std::size_t i = 0; i < read->valid.size() && !out_.checkpoints.newest; ++i) {
    const checkpoint& c = read->valid[i];
    if (c.journal_id != store_.journal_id()) {
      return error{error_code::corrupt, fmt::format("a checkpoint in {} belongs to another journal; was a file copied there?", directory_)};
    }
    auto loaded = load_snapshot(files_, snapshot_path(directory_, c.snapshot.sequence));
    if (loaded && loaded->identity == c.snapshot) {
      out_.found.logs = std::move(loaded->logs);
      out_.checkpoints.newest = c;
      if (i + 1 < read->valid.size()) out_.checkpoints.older = read->valid[i + 1];
      break;
    }
    if (loaded) {
      refused = error{error_code::corrupt, fmt::format("{} is not the snapshot that its checkpoint names", snapshot_path(directory_, c.snapshot.sequence))};
    } else {
      refused = loaded.why();
    }
    out_.found.warnings.push_back(refused->message + "; going on without it");
  }
  if (!read->valid.empty()) out_.checkpoints.next_number = read->valid.front().number + 1;
  // The newest could not be used: the next one takes its slot, not that of the one that could.
  if (out_.checkpoints.newest && out_.checkpoints.newest->number != read->valid.front().number) ++out_.checkpoints.next_number;
  if (!out_.checkpoints.newest && refused && segments_.front()->number != first_segment_number) return *refused;
  return {};
}

/// What the walk expects, and whether the journal reaches back far enough.
result<void> recovery::start_walk() {
  const std::uint64_t first = segments_.front()->number;
  if (!out_.checkpoints.newest) {
    if (first != first_segment_number) {
      return error{error_code::corrupt, fmt::format("{} is missing and no checkpoint covers it; restore it; 'weir data verify {}' shows more",
                                                    store_.path_of(first - 1), directory_)};
    }
    order_.start_at_beginning();
    crossed_ = true;
    return {};
  }
  const checkpoint& c = *out_.checkpoints.newest;
  if (first * store_.segment_bytes() > c.read_from) {
    return error{error_code::corrupt, fmt::format("{} is missing although the checkpoint of sequence {} needs it; restore it; 'weir data verify {}' shows "
                                                  "more",
                                                  store_.path_of(first - 1), c.sequence, directory_)};
  }
  if (first == first_segment_number) order_.start_at_beginning();
  return {};
}

/// How far the walk has come, now and then.
void recovery::tell(std::size_t segment, std::uint64_t offset) {
  const std::uint64_t bytes = segment * store_.segment_bytes() + offset;
  if (!progress_ || bytes < tell_at_) return;
  tell_at_ = bytes + told_bytes;
  progress_(bytes, segments_.size() * store_.segment_bytes());
}

result<void> recovery::walk_segments() {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    tell(i, 0);
    auto whole = walk_segment(i);
    if (!whole) return whole.why();
    if (!*whole) return {};
  }
  return {};
}

/// False where the journal ends in this segment, at place_.
result<bool> recovery::walk_segment(std::size_t index) {
  const segment& s = *segments_[index];
  segment_walk walk(s, store_.journal_id(), store_.segment_bytes());
  while (true) {
    auto found = walk.next();
    if (!found) return found.why();
    tell(index, walk.offset());
    place_ = {index, walk.offset(), order_.sequence(), false, {}};
    why_ = walk.why();
    if (*found == segment_walk::found::end) return true;
    if (*found == segment_walk::found::bad) {
      if (walk.newer_format()) return error{error_code::refused, why_};
      place_.header_sound = walk.header_sound();
      place_.header = walk.header();
      return false;
    }
    // A crash cannot make a sound frame of this very place that contradicts those before it.
    const bool is_frame = *found == segment_walk::found::frame;
    if (!first_unproven_ && s.number * store_.segment_bytes() + walk.offset() >= proven_up_to()) first_unproven_ = index;
    if (is_frame && !crossed_ && walk.header().sequence > covered()) {
      if (auto crossed = cross_checkpoint(); !crossed) return crossed.why();
    }
    if (auto wrong = order_.check(walk.header())) return damaged(s, walk.offset(), *wrong);
    if (!is_frame) continue;
    if (auto taken = take(walk); !taken) return taken.why();
  }
}

result<void> recovery::take(segment_walk& walk) {
  const frame_header& h = walk.header();
  books_.index.add(h.log, h.lsn, h.address);
  books_.keep.note_recovered(h.log, h.lsn, h.sequence, h.address, (h.flags & letters_frame) != 0, now_);
  if (h.sequence <= covered()) return {};
  auto parsed = walk.parse();
  if (!parsed) return damaged(*segments_[place_.segment], walk.offset(), parsed.why().message);
  log_image& image = out_.found.logs[h.log];
  image.apply(**parsed);
  books_.changes.note(**parsed);
  return {};
}

/// The walk leaves what the checkpoint covers: both must agree where they meet, and from here on every log's end is known.
result<void> recovery::cross_checkpoint() {
  crossed_ = true;
  const checkpoint& c = *out_.checkpoints.newest;
  if (order_.known() && order_.sequence() != c.sequence) {
    return damaged(*segments_[place_.segment], place_.offset,
                   fmt::format("{}; the checkpoint proves that all up to sequence {} was durable, and the journal goes on at {}",
                               why_.empty() ? "frames are missing" : why_, c.sequence, order_.sequence() + 1));
  }
  if (!order_.known() && segments_[place_.segment]->number * store_.segment_bytes() + place_.offset < c.read_from) {
    return damaged(*segments_[place_.segment], place_.offset,
                   fmt::format("{}; the checkpoint proves that all up to sequence {} was durable", why_.empty() ? "frames are missing" : why_, c.sequence));
  }
  for (const auto& [log, end] : order_.chains()) {
    const auto found = out_.found.logs.find(log);
    if (found == out_.found.logs.end() || found->second.lsn != end.lsn || found->second.digest != end.digest) {
      return error{error_code::corrupt,
                   fmt::format("{} and the journal disagree about log {}, which has LSN {} in the journal at sequence {}; 'weir data verify {}' shows more",
                               snapshot_path(directory_, c.snapshot.sequence), log, end.lsn, c.sequence, directory_)};
    }
  }
  for (const auto& [log, image] : out_.found.logs) order_.set_chain(log, {image.lsn, image.digest});
  order_.complete();
  order_.set_sequence(c.sequence);
  order_.set_epoch(c.epoch);
  return {};
}

result<void> recovery::check_positions() const {
  for (const auto& [log, image] : out_.found.logs) {
    for (const auto& [input, position] : image.inputs) {
      const auto found = out_.found.logs.find(input);
      const std::uint64_t last = found == out_.found.logs.end() ? 0 : found->second.lsn;
      if (position.lsn <= last) continue;
      const segment& s = *segments_[place_.segment];
      return damaged(s, place_.offset,
                     fmt::format("log {} ends at LSN {} here although log {} has consumed it up to LSN {}: frames that were durable are gone", input, last, log,
                                 position.lsn));
    }
  }
  return {};
}

}  // namespace weir::runtime
