// Topologies that come and go in a node that stays: nothing of them is left but what a few of them leave.
#include <algorithm>
#include <optional>

#include "tests/cli/serving.hpp"
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;

namespace {

#ifdef WEIR_SANITIZED
constexpr int cycles = 500;  // A submit and a remove each.
#else
constexpr int cycles = 5000;
#endif

/// What a node's process holds that must not grow.
struct holdings {
  std::int64_t threads = 0;
  std::int64_t descriptors = 0;
  std::int64_t files = 0;  ///< In the data directory.
  std::int64_t resident_bytes = 0;
};

std::int64_t entries(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

/// The number behind a name in a file of /proc.
std::int64_t number_of(const std::filesystem::path& file, const std::string& name) {
  const std::string text = read_text(file);
  const std::size_t at = text.find(name + ":");
  REQUIRE(at != std::string::npos);
  return std::stoll(text.substr(at + name.size() + 1));
}

holdings look(serving& node, const std::filesystem::path& data) {
  const std::filesystem::path proc = "/proc/" + std::to_string(number_of("/proc/self/fdinfo/" + std::to_string(node.node().handle()), "Pid"));
  const std::filesystem::recursive_directory_iterator all(data);
  return {entries(proc / "task"), entries(proc / "fd"), std::distance(begin(all), end(all)), number_of(proc / "status", "VmRSS") * 1024};
}

/// Each at its lowest, or at its highest: files and threads of the node's own come and go between two looks.
holdings joined(const holdings& a, const holdings& b, const std::int64_t& (*of)(const std::int64_t&, const std::int64_t&)) {
  return {of(a.threads, b.threads), of(a.descriptors, b.descriptors), of(a.files, b.files), of(a.resident_bytes, b.resident_bytes)};
}

}  // namespace

TEST_CASE("ten thousand submits and removes leave no thread, descriptor, file or memory behind", "[control][churn]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(20));
  const std::string ours = std::string("artifact: ") + WEIR_BUILD_DIR "/examples/flights_live/libboard_v1.so";
  const std::string manifest =
      "manifest: 1\ntopology: churn\noperators:\n"
      "  - {name: lines, uses: file-source, with: {path: lines.txt}}\n"
      "  - {name: board, " +
      ours +
      ", istreams: {delays: lines}, parallelism: 2}\n"
      "  - {name: table, uses: file-sink, istreams: {records: rows}, with: {path: rows.txt}}\n";
  const std::string submit = json{{"manifests", {{{"text", manifest}, {"file", (place / "t.yaml").string()}}}}}.dump();
  serving node(place);
  const runtime::node_address at{(place / "data/weir.sock").string(), ""};
  holdings early;                // The most of the first third, in which the journal has come to its size.
  std::optional<holdings> late;  // The least of the last tenth.
  for (int i = 1; i <= cycles; ++i) {
    CAPTURE(i);
    const answered made = served::ask_at(at, http_verb::post, "/v1/topologies", submit);
    INFO(made.text);
    REQUIRE(made.status == 200);
    const answered gone = served::ask_at(at, http_verb::del, "/v1/topologies/churn?drain_timeout=0");
    INFO(gone.text);
    REQUIRE(gone.status == 200);
    if (i % 10 != 0) continue;
    const holdings now = look(node, place / "data");
    if (i <= cycles / 3) early = joined(early, now, std::max);
    if (i > cycles - cycles / 10) late = late ? joined(*late, now, std::min) : now;
  }
  REQUIRE(late.has_value());
  CHECK(late->threads <= early.threads);
  CHECK(late->descriptors <= early.descriptors);
  CHECK(late->files <= early.files);
#ifndef WEIR_SANITIZED  // Their allocator keeps what is freed for a while; what is not freed they tell themselves.
  // Some 3,300 pairs lie between: 700 bytes of each that stayed would be more than this. Without a leak it is 0.1 MiB, the allocator's.
  CHECK(late->resident_bytes - early.resident_bytes < 2 << 20);
#endif
  CHECK(served::ask_at(at, http_verb::get, "/v1/topologies").body["topologies"].empty());
  CHECK(node.end() == 143);
}
