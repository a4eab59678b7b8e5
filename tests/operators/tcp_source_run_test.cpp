// tcp-source in a node that is killed with kill -9 while lines come in.
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"
#include "tests/operators/tcp_client.hpp"

using namespace weir::test;

namespace {

const std::string manifest = WEIR_SOURCE_DIR "/examples/tcp/topology.yaml";

/// A node that has said where it listens.
class listening_node {
 public:
  listening_node(const workspace& place, int number) : said_(place / ("stderr-" + std::to_string(number))) {
    folder_watch watch(place.path());
    node_ = std::make_unique<process>(
        process_options{.command = {WEIR_BINARY, "run", manifest, "--data", (place / "data").string()},
                        .environment = {{"WEIR_OPERATORS", WEIR_OPERATORS}, {"PORT", "0"}, {"NUMBERED", "true"}, {"OUT", place.path()}},
                        .folder = place.path(),
                        .err = said_});
    watch.wait_until(*node_, [&] { return port() != 0; });
    INFO(read_text(said_));
    REQUIRE(port() != 0);
  }
  int port() const {
    const std::string text = read_text(said_);
    const std::string before = "listens on 127.0.0.1:";
    const std::size_t at = text.find(before);
    if (at == std::string::npos || text.find('\n', at) == std::string::npos) return 0;
    return std::stoi(text.substr(at + before.size()));
  }
  process& node() { return *node_; }
  std::string said() const { return read_text(said_); }

 private:
  std::filesystem::path said_;
  std::unique_ptr<process> node_;
};

std::uint64_t number_of(const std::string& answer) {
  REQUIRE(answer.starts_with("OK "));
  return std::stoull(answer.substr(3));
}

}  // namespace

TEST_CASE("lines that are sent again after kill -9 until they are acknowledged are each there once, and none that was acknowledged is lost",
          "[tcp_source][crash]") {
  constexpr std::uint64_t kills = 6;
  constexpr std::uint64_t lines_per_run = 2000;
  const workspace place;
  std::uint64_t acknowledged = 0;
  for (std::uint64_t run = 0; run <= kills; ++run) {
    listening_node running(place, static_cast<int>(run));
    tcp_client client(running.port());
    REQUIRE(client.connected());
    REQUIRE(client.send("HELLO sensor\n"));
    const std::uint64_t known = number_of(client.line());
    CHECK(known >= acknowledged);
    const std::uint64_t end = (run + 1) * lines_per_run;
    // Lines that the node has already are sent again on purpose, and more than it will acknowledge before it is killed.
    std::string text;
    for (std::uint64_t i = acknowledged + 1; i <= (run < kills ? end + lines_per_run : end); ++i)
      text += std::to_string(i) + " line-" + std::to_string(i) + '\n';
    REQUIRE(client.send(text));
    while (acknowledged < end - (run < kills ? lines_per_run / 2 : 0)) acknowledged = std::max(acknowledged, number_of(client.line()));
    running.node().signal(run < kills ? SIGKILL : SIGINT);
    const int status = running.node().wait();
    INFO(running.said());
    CHECK(status == (run < kills ? 128 + SIGKILL : 130));
  }
  std::string expected;
  for (std::uint64_t i = 1; i <= acknowledged; ++i) expected += "sensor line-" + std::to_string(i) + '\n';
  CHECK(read_text(place / "lines.txt") == expected);
}

TEST_CASE("a port that another process listens on ends weir run with the reason", "[tcp_source]") {
  const workspace place;
  const workspace other;
  listening_node first(place, 0);
  const int status = run_program({.command = {WEIR_BINARY, "run", manifest, "--data", (other / "data").string()},
                                  .environment = {{"WEIR_OPERATORS", WEIR_OPERATORS}, {"PORT", std::to_string(first.port())}, {"OUT", other.path()}},
                                  .folder = other.path(),
                                  .err = other / "stderr"});
  CHECK(status == 1);
  CHECK_THAT(read_text(other / "stderr"),
             Catch::Matchers::Contains("Address already in use: another process listens there; stop it, or choose another with.port"));
}
