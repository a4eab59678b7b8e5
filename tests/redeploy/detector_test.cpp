// The sequence detector: an operator that remembers is given other code many times at random moments, in versions with and without another
// state, some of which fail; the node is killed in between. Nothing may be lost, doubled, out of order or forgotten, and no version may come back once it has
// gone.
#include <algorithm>
#include <map>
#include <random>

#include "tests/cli/serving.hpp"

using namespace weir::test;

namespace {

#ifdef WEIR_SANITIZED
constexpr int redeploys = 80;
constexpr const char* pace = "burst: 300";  // What is made faster than it is taken only waits.
#else
constexpr int redeploys = 200;
constexpr const char* pace = "burst: 2000";
#endif
constexpr int failing_version = 5;

std::string module_of(int version) { return test_module("detector_" + std::to_string(version)); }

std::string topology() {
  const std::string ours = "artifact: " REDEPLOY_OPERATORS ", class: ";
  return "manifest: 1\ntopology: seq\noperators:\n"
         "  - {name: source, " +
         ours + "sequence_source, with: {until: stop, " + pace +
         "}}\n"
         "  - {name: detector, artifact: " +
         module_of(1) +
         ", parallelism: 2}\n"
         "  - {name: checker, " +
         ours +
         "sequence_checker}\n"
         "  - {name: total, " +
         ours +
         "sequence_total}\n"
         "  - {name: findings, uses: file-sink, istreams: {records: findings}, with: {path: findings.txt}}\n"
         "  - {name: ends, uses: file-sink, istreams: {records: ends}, with: {path: ends.txt}}\n";
}

/// By key, the texts of a sink's lines, each "key,text".
std::map<std::string, std::vector<std::string>> by_key(const std::filesystem::path& file) {
  std::map<std::string, std::vector<std::string>> all;
  for (const std::string& line : lines_of(read_text(file))) {
    const std::size_t comma = line.find(',');
    all[line.substr(0, comma)].push_back(line.substr(comma + 1));
  }
  return all;
}

/// Versions by generation, as far as the history still tells.
void learn(const serving& node, std::map<int, std::string>& versions) {
  const json past = node.asked({"history", "seq/detector"});
  for (const json& d : past["deployments"]) versions[d["generation"]] = d["version"];
}

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
  write_text(place / "t.yaml", topology());
  std::optional<serving> node;
  node.emplace(place);
  REQUIRE((*node)({"submit", "t.yaml"}).status == 0);
  std::map<int, std::string> versions;
  int kills = 0;
  int failed = 0;
  for (int i = 1; i <= redeploys; ++i) {
    CAPTURE(i);
    REQUIRE_FALSE(node->node().ends_within(std::chrono::microseconds(below(20'000))));
    const bool kill = i % 7 == 0;
    const bool fails = !kill && i % 10 == 3;
    std::vector<std::string> deploy{"deploy", "seq/detector", module_of(fails ? failing_version : 1 + i % 4), "--probation", below(2) == 0 ? "0s" : "30s"};
    if (fails) deploy = {"deploy", "seq/detector", module_of(failing_version), "--wait", "probation"};
    if (kill) {
      const process asks((*node).command(deploy));
      (void)asks.ends_within(std::chrono::microseconds(below(30'000)));
      REQUIRE(node->end(SIGKILL) == 128 + SIGKILL);
      node.emplace(place);
      ++kills;
    } else {
      const outcome o = (*node)(deploy);
      CAPTURE(deploy, o.err, node->err());
      REQUIRE(o.status == (fails ? 5 : 0));
      failed += fails ? 1 : 0;
    }
    learn(*node, versions);
  }
  write_text(place / "stop", "");
  REQUIRE(node->until([&] { return lines_of(read_text(place / "ends.txt")).size() >= 40; }));
  const json status = node->asked({"status", "seq/detector"});
  CHECK(node->end() == 143);

  CHECK(kills == redeploys / 7);
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
    CHECK(in_order(met, versions));
    REQUIRE(ends.at(key).size() == 1);
    CHECK(ends.at(key)[0].starts_with("all "));
  }
  CHECK(changes > 40 * 10);  // That the output tells versions apart, and that many of them came to work.
}
