// `weir run` into a PostgreSQL table, with both killed: the node at random moments and between the database's commit and the frame, the server meanwhile.
#include <catch2/catch.hpp>
#include <random>

#include "tests/postgres/server.hpp"

using namespace weir::test;

namespace {

constexpr int lines = 20000;

constexpr const char* manifest = R"(manifest: 1
topology: rows
operators:
  - name: lines
    uses: file-source
    ostreams: {lines: rows-lines}
    with: {path: input.ndjson, rate: "${RATE}"}
  - name: table
    artifact: )" POSTGRES_OPERATORS R"(
    class: dying_sink
    parallelism: 2
    istreams: {records: rows-keyed}
    with: {connection: "${CONNECTION}", table: t, columns: [n, note=/note]}
    on_error: dead_letter
  - name: keyed
    uses: map
    istreams: {records: rows-lines}
    ostreams: {mapped: rows-keyed}
    with: {key: "{/n}"}
  - name: letters
    uses: file-sink
    istreams: {records: rows.table.dead-letters}
    with: {path: letters.txt, format: key_value, separator: " "}
)";

/// Every hundredth line has no number that fits the table.
std::string input() {
  std::string text;
  for (int i = 0; i < lines; ++i)
    text += "{\"n\":" + std::to_string(i) + (i % 100 == 50 ? "000000000000" : "") + ",\"note\":\"row " + std::to_string(i) + "\"}\n";
  return text;
}

process_options run(const workspace& place, const postgres_server& server, const std::string& kill_after, const char* rate) {
  return {.command = {WEIR_BINARY, "run", "topology.yaml"},
          .environment = {{"WEIR_OPERATORS", WEIR_OPERATORS}, {"CONNECTION", server.connection()}, {"KILL_AFTER", kill_after}, {"RATE", rate}},
          .folder = place.path(),
          .out = place / "stdout",
          .err = place / "stderr"};
}

}  // namespace

TEST_CASE("kill -9 of the node and crashes of the server lose no row and double none", "[postgres][crash]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  const char* const told = std::getenv("WEIR_CRASH_SEED");
  const auto seed = told != nullptr ? static_cast<unsigned>(std::stoul(told)) : std::random_device{}();
  INFO("WEIR_CRASH_SEED=" << seed);
  std::mt19937 random(seed);
  const auto up_to = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const workspace place;
  server.ask("CREATE TABLE t (n int, note text)");
  write_text(place / "topology.yaml", manifest);
  write_text(place / "input.ndjson", input());

  int between = 0;
  int anywhere = 0;
  for (int i = 0; i < 12; ++i) {
    const bool at_commit = i % 2 == 0;
    process node(run(place, server, at_commit ? std::to_string(up_to(4)) : "", "4000"));
    if (i % 3 == 2 && !node.ends_within(std::chrono::milliseconds(50 + up_to(200)))) {
      server.kill();
      server.start();
    }
    if (!node.ends_within(at_commit ? std::chrono::seconds(20) : std::chrono::milliseconds(up_to(400)))) node.signal(SIGKILL);
    const int status = node.wait();
    INFO("run " << i << ": " << read_text(place / "stderr"));
    REQUIRE((status == 128 + SIGKILL || status == 0));
    if (status == 128 + SIGKILL) ++(at_commit ? between : anywhere);
  }
  CHECK(between >= 3);
  CHECK(anywhere >= 3);
  const int status = run_program(run(place, server, "", "0"));
  INFO(read_text(place / "stderr"));
  REQUIRE(status == 0);
  CHECK(server.ask("SELECT count(*) || ' ' || count(DISTINCT n) || ' ' || sum(n::bigint) FROM t WHERE note = 'row ' || n") ==
        std::to_string(lines / 100 * 99) + ' ' + std::to_string(lines / 100 * 99) + ' ' +
            std::to_string(static_cast<long>(lines) * (lines - 1) / 2 - 100L * (lines / 100) * (lines / 100 - 1) / 2 - 50L * (lines / 100)));
  CHECK(server.ask("SELECT count(*) FROM t") == std::to_string(lines / 100 * 99));
  std::vector<std::string> refused;
  for (int i = 50; i < lines; i += 100) refused.push_back(std::to_string(i) + "000000000000");
  std::vector<std::string> keys;
  for (const std::string& line : lines_of(read_text(place / "letters.txt"))) {
    const std::string key = line.substr(0, line.find(' '));
    if (key.ends_with("000000000000")) keys.push_back(key);
  }
  CHECK(sorted(keys) == sorted(refused));
}

TEST_CASE("the example writes every earthquake once", "[postgres][examples]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  const workspace place;
  server.ask("CREATE TABLE quakes (id text PRIMARY KEY, at timestamptz NOT NULL, magnitude double precision, place text)");
  const std::string example = WEIR_SOURCE_DIR "/examples/postgres/topology.yaml";
  const int status = run_program({.command = {WEIR_BINARY, "run", example, "--data", (place / "data").string()},
                                  .environment = {{"WEIR_OPERATORS", WEIR_OPERATORS}, {"CONNECTION", server.connection()}},
                                  .folder = place.path(),
                                  .err = place / "stderr"});
  INFO(read_text(place / "stderr"));
  CHECK(status == 0);
  CHECK(server.ask("SELECT count(*) FROM quakes") == std::to_string(lines_of(read_text(WEIR_SOURCE_DIR "/examples/data/earthquakes.ndjson")).size()));
}
