// The sequence detector: an operator that remembers is given other code many times at random moments, in versions with and without another
// state, some of which fail; the node is killed in between. Nothing may be lost, doubled, out of order or forgotten, and no version may come back once it has
// gone.
#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "runtime/control/client.hpp"
#include "tests/cli/serving.hpp"
#include "tests/redeploy/cut_over.hpp"
#include "tests/redeploy/sequence_topology.hpp"

using namespace weir::test;

namespace {

#ifdef WEIR_SANITIZED
constexpr int redeploys = 80;
constexpr const char* pace = "burst: 300";       // What is made faster than it is taken only waits.
constexpr std::uint64_t large_step_records = 1;  // A step ends by time, and each record takes its time there: any step.
constexpr int large_steps_min = redeploys / 8;
constexpr int snapshots_min = 0;  // Too little is written there for one to be certain.
#else
constexpr int redeploys = 200;
constexpr const char* pace = "burst: 2800, pause: 3ms";
constexpr std::uint64_t large_step_records = 1000;
constexpr int large_steps_min = redeploys / 4;
constexpr int snapshots_min = redeploys / 40;
#endif
constexpr int failing_version = 5;

/// By key, the texts of a sink's lines, each "key,text".
std::map<std::string, std::vector<std::string>> by_key(const std::filesystem::path& file) {
  std::map<std::string, std::vector<std::string>> all;
  for (const std::string& line : lines_of(read_text(file))) {
    const std::size_t comma = line.find(',');
    all[line.substr(0, comma)].push_back(line.substr(comma + 1));
  }
  return all;
}

/// Redeploys of the detector, in a node that is killed amid some of them.
class redeployment {
 public:
  explicit redeployment(const workspace& place) : place_(place) { start(); }

  serving& node() { return *node_; }
  const std::map<int, std::string>& versions() const noexcept { return versions_; }  ///< By generation, as far as the history tells.
  int kills_at_cut_over() const noexcept { return kills_at_cut_over_; }              ///< When a generation was decided and had no durable frame yet.
  int large_steps_met() const noexcept { return large_steps_met_; }                  ///< Redeploys that had to wait for such a step to end.
  int snapshots_met() const noexcept { return snapshots_met_; }                      ///< Redeploys while which a snapshot was finished.

  void deploy(const std::vector<std::string>& command, int status) {
    const int next = next_generation();
    const std::uint64_t snapshots = snapshots_made();
    const outcome o = (*node_)(command);
    CAPTURE(command, o.err, node_->err());
    REQUIRE(o.status == status);
    snapshots_met_ += snapshots_made() > snapshots ? 1 : 0;
    (void)look(next);
    learn();
  }
  /// Kills the node as soon as it shows what was decided, or after some time of the deploy.
  void kill_amid(const std::vector<std::string>& command, std::optional<std::chrono::microseconds> after) {
    const int next = next_generation();
    {
      const process asks(node_->command(command));
      if (after)
        (void)asks.ends_within(*after);
      else
        await_decision(asks, next);
      REQUIRE(node_->end(SIGKILL) == 128 + SIGKILL);
    }
    const cut_over seen = look(next);
    kills_at_cut_over_ += seen.decided && !seen.has_frame ? 1 : 0;
    start();
    learn();
  }
  void learn() {
    const json past = node_->asked({"history", "seq/detector"});
    for (const json& d : past["deployments"]) versions_[d["generation"]] = d["version"];
  }

 private:
  /// Segments, and so frames, are large enough for large steps, and what a start has to recover is bounded.
  void start() { node_.emplace(place_, std::vector<std::string>{"--segment-bytes", "4MiB", "--journal-bytes-max", "64MiB"}); }
  int next_generation() const { return versions_.rbegin()->first + 1; }
  cut_over look(int generation) {
    const cut_over seen = look_at_cut_over(place_ / "data", "seq/detector", static_cast<std::uint32_t>(generation));
    large_steps_met_ += seen.running_step_records >= large_step_records ? 1 : 0;
    return seen;
  }
  json shown(const char* target) const {
    const weir::runtime::node_address at{(place_ / "data/weir.sock").string(), ""};
    const auto answer = weir::runtime::ask_node(at, weir::runtime::http_verb::get, target, "");
    REQUIRE(answer);
    return json::parse(answer->body);
  }
  /// The node shows a generation from its decision on.
  void await_decision(const process& deploy, int generation) const {
    while (!deploy.ends_within(std::chrono::microseconds(0)))
      if (shown("/v1/topologies/seq/operators/detector")["generation"] == generation) return;
  }
  std::uint64_t snapshots_made() const { return shown("/v1/node")["journal"]["snapshots"]; }

  const workspace& place_;
  std::optional<serving> node_;
  std::map<int, std::string> versions_;
  int kills_at_cut_over_ = 0;
  int large_steps_met_ = 0;
  int snapshots_met_ = 0;
};

/// Whether the versions that a key met are some of those that there were, in their order.
bool in_order(const std::vector<std::string>& met, const std::map<int, std::string>& versions) {
  auto at = versions.begin();
  for (const std::string& version : met) {
    at = std::find_if(at, versions.end(), [&](const auto& v) { return v.second == version; });
    if (at == versions.end()) return false;
    ++at;
  }
  return true;
}

}  // namespace

TEST_CASE("nothing is lost, doubled or forgotten over many redeploys at random moments, with kills in between", "[redeploy]") {
  const std::uint32_t seed = Catch::rngSeed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const auto below = [&](int n) { return std::uniform_int_distribution<int>(0, n - 1)(random); };
  const workspace place;
  write_text(place / "t.yaml", sequence_topology(pace));
  redeployment subject(place);
  REQUIRE(subject.node()({"submit", "t.yaml"}).status == 0);
  subject.learn();
  int kills = 0;
  int failed = 0;
  // A machine that is slower or busier meets such moments less often.
  const auto counted = [&] { return subject.kills_at_cut_over() >= redeploys / 10 && subject.large_steps_met() >= large_steps_min; };
  for (int i = 1; i <= redeploys || (!counted() && i <= 2 * redeploys); ++i) {
    CAPTURE(i);
    REQUIRE_FALSE(subject.node().node().ends_within(std::chrono::microseconds(below(20'000))));
    const bool kill = i % 3 == 0;
    const bool fails = !kill && i % 10 == 3;
    const int version = kill ? 3 + i % 2 : 1 + i % 4;  // Those amid which the node is killed are of the versions that take their time to begin.
    const std::vector<std::string> deploy{"deploy", "seq/detector", module_of(version), "--probation", below(2) == 0 ? "0s" : "30s"};
    if (kill)
      subject.kill_amid(deploy, below(4) == 0 ? std::optional(std::chrono::microseconds(below(30'000))) : std::nullopt);
    else if (fails)
      subject.deploy({"deploy", "seq/detector", module_of(failing_version), "--wait", "probation"}, 5);
    else
      subject.deploy(deploy, 0);
    kills += kill ? 1 : 0;
    failed += fails ? 1 : 0;
  }
  write_text(place / "stop", "");
  REQUIRE(subject.node().until([&] { return lines_of(read_text(place / "ends.txt")).size() >= 40; }));
  const json status = subject.node().asked({"status", "seq/detector"});
  CHECK(subject.node().end() == 143);

  CHECK(subject.kills_at_cut_over() >= redeploys / 10);
  CHECK(subject.large_steps_met() >= large_steps_min);
  CHECK(subject.snapshots_met() >= snapshots_min);
  CHECK(failed > redeploys / 20);
  CHECK(status["generation"].get<int>() >= redeploys - kills);
  const auto ends = by_key(place / "ends.txt");
  CHECK(ends.size() == 40);
  const auto findings = by_key(place / "findings.txt");
  CHECK(findings.size() == 40);
  std::size_t changes = 0;
  for (const auto& [key, texts] : findings) {
    CAPTURE(key);
    std::vector<std::string> met;
    for (const std::string& text : texts) {
      CHECK_FALSE(text.starts_with("wrong"));
      if (text.starts_with("version ")) met.push_back(text.substr(8, text.find(' ', 8) - 8));
    }
    changes += met.size();
    CHECK(in_order(met, subject.versions()));
    REQUIRE(ends.at(key).size() == 1);
    CHECK(ends.at(key)[0].starts_with("all "));
  }
  CHECK(changes > 40 * 10);  // That the output tells versions apart, and that many of them came to work.
}
