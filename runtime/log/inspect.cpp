#include "runtime/log/inspect.hpp"

#include <fmt/format.h>

#include <map>

#include "runtime/log/inspect_survey.hpp"

namespace weir::runtime {
namespace {

std::string snapshots_directory(const std::string& directory) { return directory + "/snapshots"; }

/// Names of finished snapshots; none where the directory has not been made yet.
result<std::vector<std::string>> snapshot_names(files& fs, const std::string& directory) {
  std::vector<std::string> finished;
  if (!fs.exists(snapshots_directory(directory))) return finished;
  auto names = fs.list(snapshots_directory(directory));
  if (!names) return names.why();
  for (const std::string& name : *names) {
    if (name.size() > unfinished_snapshot_suffix.size() && name.ends_with(unfinished_snapshot_suffix)) continue;
    finished.push_back(name);
  }
  return finished;
}

/// Verifies every snapshot; one that vanishes meanwhile was replaced by a live node.
result<std::vector<snapshot_listing>> list_snapshots(files& fs, const std::string& directory) {
  auto names = snapshot_names(fs, directory);
  if (!names) return names.why();
  std::vector<snapshot_listing> all;
  for (const std::string& name : *names) {
    const std::string path = snapshots_directory(directory) + "/" + name;
    auto verified = verify_snapshot(fs, path);
    if (!verified && !fs.exists(path)) continue;
    snapshot_listing s;
    s.file = path;
    if (verified) {
      s.sequence = verified->sequence;
      s.bytes = verified->bytes;
    } else {
      s.damage = verified.why();
    }
    all.push_back(std::move(s));
  }
  return all;
}

/// What the checkpoints name and is not there.
void check_checkpoints(files& fs, const std::string& directory, const journal_meta& meta, const read_checkpoints_result& checkpoints,
                       std::vector<data_problem>& problems) {
  if (checkpoints.damaged > 0) problems.push_back({directory, 0, fmt::format("{} of its two checkpoint slots hold no valid checkpoint", checkpoints.damaged)});
  for (const checkpoint& c : checkpoints.valid) {
    const std::string slot = fmt::format("{}/checkpoint.{}", directory, c.number % 2);
    if (c.journal_id != meta.journal_id) problems.push_back({slot, 0, "it belongs to another journal"});
    const std::string path = snapshot_path(directory, c.snapshot.sequence);
    auto verified = verify_snapshot(fs, path);
    if (verified && *verified == c.snapshot) continue;
    if (verified) {
      problems.push_back({path, 0, "it is not the snapshot that its checkpoint names"});
    } else if (!fs.exists(path)) {
      // A live node replaces both between two looks.
      auto again = read_checkpoints(fs, directory);
      const bool replaced = again && (again->valid.empty() || again->valid.front().number != checkpoints.valid.front().number);
      if (!replaced) problems.push_back({path, 0, "the snapshot that a checkpoint names is missing"});
    }
  }
}

}  // namespace

result<data_listing> list_data(files& fs, const std::string& directory) {
  auto survey = data_survey::open(fs, directory);
  if (!survey) return survey.why();
  data_listing all;
  all.meta = survey->meta();
  std::map<std::uint64_t, segment_listing> segments;
  for (const segment_ptr& s : survey->segments()) segments[s->number] = {s->number, s->path, 0, 0, 0, 0};
  std::map<std::uint64_t, log_listing> logs;
  auto ran = survey->run([&](const segment& in, segment_walk& walk) {
    const frame_header& h = walk.header();
    segment_listing& s = segments[in.number];
    s.bytes = walk.next_offset();
    if ((h.flags & filler_frame) != 0) return true;
    ++s.frames;
    if (s.first_sequence == 0) s.first_sequence = h.sequence;
    s.last_sequence = all.last_sequence = h.sequence;
    log_listing& l = logs[h.log];
    l.log = h.log;
    if (l.frames++ == 0) l.first_lsn = h.lsn;
    l.last_lsn = h.lsn;
    l.bytes += h.frame_bytes;
    return true;
  });
  if (!ran) return ran.why();
  for (const auto& [number, s] : segments) all.segments.push_back(s);
  for (const auto& [log, l] : logs) all.logs.push_back(l);
  all.durable_sequence = survey->order().proven();
  all.epoch = survey->order().epoch();
  all.free_files = survey->free_files();
  all.torn_files = survey->torn_files();
  all.problems = survey->problems().size();
  auto snapshots = list_snapshots(fs, directory);
  if (!snapshots) return snapshots.why();
  all.snapshots = std::move(*snapshots);
  for (const snapshot_listing& s : all.snapshots) all.problems += s.damage ? 1 : 0;
  auto checkpoints = read_checkpoints(fs, directory);
  if (!checkpoints) return checkpoints.why();
  all.checkpoints = std::move(checkpoints->valid);
  return all;
}

result<void> inspect_data(files& fs, const std::string& directory, const inspect_filter& filter, const std::function<bool(const inspected_frame&)>& show) {
  auto survey = data_survey::open(fs, directory);
  if (!survey) return survey.why();
  std::uint64_t shown = 0;
  std::optional<error> failure;
  auto ran = survey->run([&](const segment& in, segment_walk& walk) {
    const frame_header& h = walk.header();
    const bool is_filler = (h.flags & filler_frame) != 0;
    if (is_filler ? !filter.fillers : (filter.log && (h.log != *filter.log || h.lsn < filter.from_lsn))) return true;
    if (h.sequence < filter.from_sequence) return true;
    if (shown == filter.limit) return false;
    inspected_frame f{in.path, walk.offset(), h, nullptr};
    if (!is_filler) {
      auto parsed = walk.parse();
      if (!parsed) {
        failure = error{parsed.why().code, fmt::format("{} at offset {}: {}", in.path, walk.offset(), parsed.why().message)};
        return false;
      }
      f.content = std::move(*parsed);
    }
    ++shown;
    return show(f);
  });
  if (failure) return *failure;
  return ran;
}

result<verify_report> verify_data(files& fs, const std::string& directory) {
  auto survey = data_survey::open(fs, directory);
  if (!survey) return survey.why();
  verify_report report;
  std::vector<data_problem> inside;
  auto ran = survey->run([&](const segment& in, segment_walk& walk) {
    const frame_header& h = walk.header();
    report.bytes += h.frame_bytes;
    if ((h.flags & filler_frame) != 0) return true;
    ++report.frames;
    report.last_sequence = h.sequence;
    if (auto parsed = walk.parse(); !parsed) inside.push_back({in.path, walk.offset(), parsed.why().message});
    return true;
  });
  if (!ran) return ran.why();
  report.segments = survey->segments().size();
  report.torn_bytes = survey->torn_bytes();
  report.problems = survey->problems();
  report.problems.insert(report.problems.end(), inside.begin(), inside.end());
  auto snapshots = list_snapshots(fs, directory);
  if (!snapshots) return snapshots.why();
  report.snapshots = snapshots->size();
  for (const snapshot_listing& s : *snapshots) {
    if (s.damage) report.problems.push_back({s.file, 0, s.damage->message});
  }
  auto checkpoints = read_checkpoints(fs, directory);
  if (!checkpoints) return checkpoints.why();
  report.checkpoints = checkpoints->valid.size();
  check_checkpoints(fs, directory, survey->meta(), *checkpoints, report.problems);
  const bool ends_early = !checkpoints->valid.empty() && survey->order().known() && survey->order().sequence() < checkpoints->valid.front().sequence;
  if (ends_early && report.problems.empty()) {
    report.problems.push_back({survey->segments().back()->path, 0,
                               fmt::format("the journal ends at sequence {}, before the checkpoint of sequence {}", survey->order().sequence(),
                                           checkpoints->valid.front().sequence)});
  }
  return report;
}

}  // namespace weir::runtime
