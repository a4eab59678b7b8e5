// The flights example as it stands, on its real input, while other code is deployed to `board` at random moments and the node is killed in between. Each
// version ends its rows with its number: without that the board is the expected one, and no row is of an older version than one before it of the same origin.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include "tests/cli/serving.hpp"

using namespace weir::test;

namespace {

#ifdef WEIR_SANITIZED
constexpr int redeploys = 40;
constexpr const char* lines_per_second = "1000";
#else
constexpr int redeploys = 200;
constexpr const char* lines_per_second = "1500";
#endif
const std::filesystem::path source_folder = WEIR_SOURCE_DIR;

/// `board` as number so-and-so.
std::filesystem::path make_version(const workspace& place, int number) {
  static const std::string module = read_text(test_module("flights_board"));
  const std::string digits = std::to_string(number);
  const std::string none = "version-00000000";
  write_text(place / "board.so", replaced(module, none, none.substr(0, none.size() - digits.size()) + digits));
  return place / "board.so";
}

/// All of the input once: how many redeploys it took, and what came out.
class pass {
 public:
  explicit pass(std::mt19937& random) : random_(random) {
    std::string manifest = read_text(source_folder / "examples/flights/topology.yaml");
    manifest = replaced(manifest, "path: ${INPUT:-../data/flights.ndjson}", "path: ${INPUT}\n      rate: ${RATE}");
    manifest = replaced(manifest, "artifact: ${BUILD:-build}/libflights.so\n    class: board", "artifact: " + make_version(place_, 1).string());
    write_text(place_ / "t.yaml", manifest);
    node_.emplace(place_);
    const outcome o = (*node_)({"submit", "t.yaml"}, {{"INPUT", source_folder / "examples/data/flights.ndjson"},
                                                      {"BUILD", WEIR_BUILD_DIR "/examples/flights"},
                                                      {"OUT", place_.path().string()},
                                                      {"RATE", lines_per_second}});
    INFO(o.err);
    REQUIRE(o.status == 0);
  }

  /// Until all of the input is through, and as long as there are redeploys to be done.
  void run() {
    while (!complete() && redeploys_ < redeploys) {
      REQUIRE_FALSE(node_->node().ends_within(std::chrono::microseconds(below(20'000))));
      const std::vector<std::string> deploy{"deploy", "flights/board", make_version(place_, 2 + redeploys_).string(), "--probation", "0s"};
      if (++redeploys_ % 5 != 0) {
        const outcome o = (*node_)(deploy);
        CAPTURE(o.err, node_->err());
        REQUIRE(o.status == 0);
      } else {
        const process asks(node_->command(deploy));
        (void)asks.ends_within(std::chrono::microseconds(below(40'000)));
        REQUIRE(node_->end(SIGKILL) == 128 + SIGKILL);
        node_.emplace(place_);
        ++kills_;
      }
    }
    REQUIRE(node_->until([this] { return complete(); }));
    CHECK(node_->end() == 143);
  }

  int redeployed() const noexcept { return redeploys_; }
  int kills() const noexcept { return kills_; }
  std::vector<std::string> rows() const { return lines_of(read_text(place_ / "board.csv")); }
  static const std::string& expected() {
    static const std::string text = read_text(source_folder / "examples/flights/expected.csv");
    return text;
  }

 private:
  /// Every row is there, each longer by a comma and eight digits than without its number.
  bool complete() const {
    static const auto bytes = expected().size() + 9 * lines_of(expected()).size();
    return size_of(place_ / "board.csv") >= bytes;
  }
  int below(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }

  std::mt19937& random_;
  workspace place_;
  std::optional<serving> node_;
  int redeploys_ = 0;
  int kills_ = 0;
};

}  // namespace

TEST_CASE("the flights' board is the expected one over many redeploys of its code at random moments, with kills in between", "[redeploy][flights]") {
  const std::uint32_t seed = Catch::rngSeed();
  CAPTURE(seed);
  std::mt19937 random(seed);
  int done = 0;
  int kills = 0;
  int versions_seen = 0;
  for (int number = 1; done < redeploys; ++number) {
    CAPTURE(number, done);
    REQUIRE(number <= 10);
    pass p(random);
    p.run();
    std::vector<std::string> rows;
    std::map<std::string, int> newest;  // By origin.
    std::set<int> versions;
    for (const std::string& row : p.rows()) {
      const std::size_t tag = row.rfind(',');
      REQUIRE(tag != std::string::npos);
      rows.push_back(row.substr(0, tag));
      const int version = std::stoi(row.substr(tag + 1));
      int& before = newest[row.substr(11, 3)];  // Behind the day.
      CAPTURE(row);
      CHECK(version >= before);
      before = version;
      versions.insert(version);
    }
    CHECK(sorted(rows) == lines_of(pass::expected()));
    done += p.redeployed();
    kills += p.kills();
    versions_seen += static_cast<int>(versions.size());
  }
  CHECK(kills >= redeploys / 10);
  CHECK(versions_seen >= redeploys / 10);
}
