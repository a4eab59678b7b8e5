#include "runtime/log/inspect_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace weir::runtime {

result<data_survey> data_survey::open(files& fs, const std::string& directory) {
  auto state = look_at_data_directory(fs, directory);
  if (!state) return state.why();
  if (*state != data_directory_state::made) {
    return error{error_code::usage,
                 fmt::format("{} is no data directory of weir: it has no file 'meta'; name the directory given to 'weir run --data'", directory)};
  }
  data_survey survey(fs, directory);
  auto meta = read_meta(fs, directory);
  if (!meta) return meta.why();
  survey.meta_ = *meta;
  if (auto opened = survey.open_segments(); !opened) return opened.why();
  return survey;
}

result<void> data_survey::open_segments() {
  const std::string journal = journal_directory(directory_);
  auto names = files_.list(journal);
  if (!names) return names.why();
  for (const std::string& name : *names) {
    if (segment_number(name, free_segment_suffix)) ++free_files_;
    if (segment_number(name, torn_suffix)) torn_files_.push_back(journal + "/" + name);
    const auto number = segment_number(name, segment_suffix);
    if (!number) continue;
    auto s = std::make_shared<segment>();
    s->number = *number;
    s->path = journal + "/" + name;
    auto opened = files_.open(s->path, open_mode::read);
    if (!opened && !files_.exists(s->path)) continue;  // Recycled by a live node since it was listed.
    if (!opened) return opened.why();
    s->file = std::move(*opened);
    char bytes[sizeof(segment_header)] = {};
    auto got = s->file->read(0, bytes, sizeof bytes);
    if (!got) return got.why();
    segment_header header;
    std::memcpy(&header, bytes, sizeof header);
    s->recycled = (header.flags & recycled_segment) != 0;
    if (auto wrong = check_segment_header(bytes, meta_.journal_id, *number, meta_.segment_bytes, s->path)) {
      if (wrong->code == error_code::refused) return *wrong;
      auto there = still_there(*s);
      if (!there) return there.why();
      if (*there) problem(*s, 0, wrong->message);
    }
    segments_.push_back(std::move(s));
  }
  if (segments_.empty()) problems_.push_back({journal, 0, "it holds no segment"});
  return {};
}

/// Whether the file is still that segment, and not recycled by a live node.
result<bool> data_survey::still_there(const segment& s) const {
  if (!files_.exists(s.path)) return false;
  auto number = files_.open(s.path, open_mode::read);
  if (!number) return false;
  char now[sizeof(segment_header)] = {}, known[sizeof(segment_header)] = {};
  auto read_now = (*number)->read(0, now, sizeof now);
  if (!read_now) return read_now.why();
  auto read_known = s.file->read(0, known, sizeof known);
  if (!read_known) return read_known.why();
  return std::memcmp(now, known, sizeof now) == 0;
}

void data_survey::problem(const segment& s, std::uint64_t offset, std::string what) { problems_.push_back({s.path, offset, std::move(what)}); }

/// Behind damage nothing is known of what comes next but that time does not go back.
void data_survey::lose_track() {
  const std::uint64_t epoch = order_.epoch();
  order_ = frame_order();
  order_.set_epoch(epoch);
}

result<void> data_survey::run(const visitor& visit) {
  if (!segments_.empty() && segments_.front()->number == first_segment_number) order_.start_at_beginning();
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const segment& s = *segments_[i];
    if (i > 0 && s.number != segments_[i - 1]->number + 1) {
      problems_.push_back({journal_directory(directory_) + "/" + segment_name(segments_[i - 1]->number + 1), 0, "the segment is missing"});
      lose_track();
    }
    std::uint64_t offset = segment_payload_offset;
    while (true) {
      auto how = walk(i, offset, visit);
      if (!how) return how.why();
      if (*how == then::stop) return {};
      if (*how == then::next_segment) break;
    }
  }
  return {};
}

result<data_survey::then> data_survey::walk(std::size_t index, std::uint64_t& offset, const visitor& visit) {
  const segment& s = *segments_[index];
  segment_walk walk(s, meta_.journal_id, meta_.segment_bytes, offset);
  while (true) {
    auto found = walk.next();
    if (!found) return found.why();
    if (*found == segment_walk::found::end) return then::next_segment;
    if (*found == segment_walk::found::bad) return judge(index, walk, offset);
    if (auto wrong = order_.check(walk.header())) {
      problem(s, walk.offset(), fmt::format("a frame of log {} with LSN {} contradicts those before it: {}", walk.header().log, walk.header().lsn, *wrong));
      lose_track();
      order_.check(walk.header());
    }
    if (!visit(s, walk)) return then::stop;
  }
}

/// A bad place: the end of the journal, something recycled or written meanwhile, or damage.
result<data_survey::then> data_survey::judge(std::size_t index, const segment_walk& walk, std::uint64_t& offset) {
  const segment& s = *segments_[index];
  offset = walk.offset();
  if (walk.newer_format()) return error{error_code::refused, walk.why()};
  auto there = still_there(s);
  if (!there) return there.why();
  if (!*there) {
    lose_track();
    return then::next_segment;
  }
  const bad_place place{index, offset, order_.sequence(), walk.header_sound(), walk.header()};
  auto verdict = judge_tail(segments_, meta_.journal_id, meta_.segment_bytes, place);
  if (!verdict) return verdict.why();
  // Behind damage the last sequence is not known; then any later frame shows that the journal goes on.
  const bool goes_on = verdict->corrupt || (!order_.known() && std::any_of(verdict->torn.begin(), verdict->torn.end(), [&](const torn_part& p) {
                         return p.segment > index || p.end > block_ceiling(offset + 1);
                       }));
  if (!goes_on) {
    for (const torn_part& part : verdict->torn) torn_bytes_ += part.end - part.begin;
    return then::stop;
  }
  // A live node may have completed it while later frames were read.
  const std::uint64_t address = s.number * meta_.segment_bytes + offset;
  if (std::exchange(looked_again_at_, address) != address) return then::again;
  problem(s, offset,
          walk.header_sound() ? fmt::format("the frame of log {} with LSN {} is damaged: {}", walk.header().log, walk.header().lsn, walk.why()) : walk.why());
  segment_walk later(s, meta_.journal_id, meta_.segment_bytes);
  auto next = walk.header_sound() && segment_goes_on(offset + walk.header().frame_bytes, meta_.segment_bytes)
                  ? result<std::uint64_t>(offset + walk.header().frame_bytes)
                  : later.find_later(offset + 1);
  if (!next) return next.why();
  lose_track();
  if (*next == 0) return then::next_segment;
  offset = *next;
  return then::skip;
}

}  // namespace weir::runtime
