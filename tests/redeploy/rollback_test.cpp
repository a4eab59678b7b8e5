// A rollback after the new generation has long committed and published: what it wrote stays as it is, and the code before goes on behind it.
#include <algorithm>

#include "tests/cli/serving.hpp"
#include "tests/redeploy/frames.hpp"
#include "tests/redeploy/sequence_topology.hpp"

using namespace weir::test;

namespace {

constexpr std::uint64_t frames_first = 1000;  ///< Of the new generation, in each partition.

using lsns = std::map<std::uint64_t, std::uint64_t>;

/// By log of the detector, the newest LSN that is durable and so published to everybody.
lsns durable(const serving& node) {
  lsns all;
  const json status = node.asked({"status", "seq/detector"});
  for (const json& p : status["partitions"]) all[p["log"]] = p["durable_lsn"];
  return all;
}

/// Lets every partition of the detector make so many frames durable.
void go_on(serving& node, std::uint64_t frames) {
  const lsns had = durable(node);
  REQUIRE(had.size() == 2);
  REQUIRE(node.until([&] {
    const lsns now = durable(node);
    return std::all_of(had.begin(), had.end(), [&](const auto& was) { return now.at(was.first) >= was.second + frames; });
  }));
}

std::vector<std::uint64_t> logs_of(const lsns& all) {
  std::vector<std::uint64_t> logs;
  for (const auto& [log, lsn] : all) logs.push_back(log);
  return logs;
}

/// Of one partition's frames: none missing, generations that only rise, each record said by the version of its frame's generation, and every key's values
/// without a gap or a repetition from its first to its last.
void check_sequence(const std::vector<detector_frame>& frames, const std::map<std::uint32_t, std::uint64_t>& versions) {
  std::map<std::string, std::uint64_t> last;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const detector_frame& f = frames[i];
    CAPTURE(i, f.lsn, f.generation);
    REQUIRE(f.lsn == i + 1);
    REQUIRE((i == 0 || f.generation >= frames[i - 1].generation));
    REQUIRE(versions.count(f.generation) == 1);
    for (const auto& [key, all] : f.records) {
      for (const detected& d : all) {
        REQUIRE(d.version == versions.at(f.generation));
        REQUIRE(d.last.values[3] == ++last[key]);
      }
    }
  }
}

std::uint64_t of_generation(const std::vector<detector_frame>& frames, std::uint32_t generation) {
  return static_cast<std::uint64_t>(
      std::count_if(frames.begin(), frames.end(), [&](const auto& f) { return f.generation == generation && !f.records.empty(); }));
}

}  // namespace

TEST_CASE("a rollback behind a thousand published frames of the new code keeps them, and the code before goes on behind them", "[redeploy][rollback]") {
  const workspace place;
  // Small frames, all of which the journal keeps.
  write_text(place / "t.yaml", sequence_topology("burst: 40, pause: 1ms", "every: 100", "streams:\n  detected: {retain: 1h}\n"));
  std::optional<serving> node;
  node.emplace(place);
  REQUIRE((*node)({"submit", "t.yaml"}).status == 0);
  go_on(*node, 50);
  REQUIRE((*node)({"deploy", "seq/detector", module_of(2), "--probation", "0s"}).status == 0);
  go_on(*node, frames_first + 1);  // A frame of initialize among them.
  const std::vector<std::uint64_t> logs = logs_of(durable(*node));
  const detector_frames before = read_detector_frames(place / "data", logs);

  const outcome back = (*node)({"rollback", "seq/detector"});
  CAPTURE(back.err);
  REQUIRE(back.status == 0);
  CHECK(node->asked({"status", "seq/detector"})["version"] == "1");
  go_on(*node, 50);
  REQUIRE(node->end(SIGKILL) == 128 + SIGKILL);
  node.emplace(place);
  CHECK(node->asked({"status", "seq/detector"})["generation"] == 3);
  go_on(*node, 50);
  write_text(place / "stop", "");
  REQUIRE(node->until([&] { return lines_of(read_text(place / "ends.txt")).size() >= sequence_keys; }));
  CHECK(node->end() == 143);

  const detector_frames all = read_detector_frames(place / "data", logs);
  for (const std::uint64_t log : logs) {
    CAPTURE(log);
    const auto& frames = all.at(log);
    check_sequence(frames, {{1, 1}, {2, 2}, {3, 1}});
    CHECK(of_generation(before.at(log), 2) >= frames_first);
    CHECK(of_generation(frames, 2) >= of_generation(before.at(log), 2));
    CHECK(of_generation(frames, 3) >= 100);
    for (const detector_frame& was : before.at(log)) REQUIRE(frames.at(was.lsn - 1).digest == was.digest);
  }
  // What was said of each key downstream: each version once, in their order, and everything without a gap up to the last value.
  std::map<std::string, std::string> met;
  for (const std::string& line : lines_of(read_text(place / "findings.txt"))) {
    CHECK(line.find("wrong") == std::string::npos);
    const std::size_t version = line.find(",version ");
    if (version != std::string::npos) met[line.substr(0, version)] += line.substr(version + 9, 1);
  }
  CHECK(met.size() == sequence_keys);
  for (const auto& [key, versions] : met) CHECK(versions == "121");
  const auto ends = lines_of(read_text(place / "ends.txt"));
  CHECK(ends.size() == sequence_keys);
  for (const std::string& end : ends) CHECK(end.find(",all ") != std::string::npos);
}
