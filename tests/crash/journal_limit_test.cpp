// Much more passes through a node than its journal may hold: the disk stays below the limit, and what snapshots replaced is still right after a restart,
// also where the newest of them is damaged.
#include <nlohmann/json.hpp>

#include "runtime/log/checkpoint.hpp"
#include "tests/crash/kill_loop.hpp"

using namespace weir::test;

namespace {

constexpr std::uint64_t journal_bytes_max = 32u << 20;
constexpr std::uint64_t passing_bytes = 10 * journal_bytes_max;

/// 4 KiB values, of which a digest remains: the journal carries them, the output does not.
scenario digests() {
  return {.manifest = R"(manifest: 1
topology: digests
operators:
  - name: load
    uses: generator
    ostreams: {records: values}
    with: {keys: 1000, value_bytes: 4KiB, count: "${RECORDS}", seed: 7}
  - name: digest
    artifact: )" CRASH_OPERATORS R"(
    class: digest
    parallelism: 2
    istreams: {records: values}
    ostreams: {digests: values-digests}
  - name: table
    uses: file-sink
    istreams: {records: values-digests}
    with: {path: "${OUT}/digests.txt", format: key_value}
)",
          .environment = {{"RECORDS", std::to_string(passing_bytes / 4096)}},
          .outputs = {"digests.txt"},
          .options = {"--segment-bytes", "4MiB", "--journal-bytes-max", "32MiB"}};
}

/// Bytes of a site's journal now. Files are renamed meanwhile; a tail that a crash left aside is not the journal's.
std::uint64_t journal_bytes(const std::filesystem::path& site) {
  std::uint64_t bytes = 0;
  std::error_code not_yet;
  for (const auto& entry : std::filesystem::directory_iterator(site / "data/journal", not_yet))
    if (entry.path().extension() != ".torn") bytes += size_of(entry.path());
  return bytes;
}

/// Where the next start would begin, by the newest checkpoint; empty when there are not two yet.
std::string newest_snapshot(const std::filesystem::path& site) {
  const auto files = weir::runtime::make_system_files();
  const auto read = weir::runtime::read_checkpoints(*files, site / "data");
  REQUIRE(read.ok());
  if (read->valid.size() < 2) return {};
  return weir::runtime::snapshot_path(site / "data", read->valid.front().snapshot.sequence);
}

void flip_bytes(const std::string& path) {
  std::string bytes = read_text(path);
  REQUIRE(bytes.size() > 1000);
  for (std::size_t at = bytes.size() / 2; at < bytes.size() / 2 + 16; ++at) bytes[at] = static_cast<char>(~bytes[at]);
  write_text(path, bytes);
}

}  // namespace

TEST_CASE("ten times the journal's limit passes, also over a restart with the newest snapshot damaged, and the disk stays below it", "[crash][retention]") {
  const scenario s = digests();
  const workspace place;
  const auto make = [&](const char* name) {
    std::filesystem::create_directory(place / name);
    return site(s, place / name);
  };
  const site undisturbed = make("undisturbed");
  std::uint64_t most = 0;
  {
    folder_watch watch(undisturbed.out());
    process run(undisturbed.command(0));
    watch.wait_until(run, [&] {
      most = std::max(most, journal_bytes(place / "undisturbed"));
      return false;
    });
    const int status = run.wait();
    INFO(undisturbed.complaints());
    REQUIRE(status == 0);
  }
  CHECK(nlohmann::json::parse(read_text(place / "undisturbed/stdout")).at("journal_bytes") > passing_bytes);
  CHECK(most > journal_bytes_max / 2);
  CHECK(most <= journal_bytes_max);
  CHECK(undisturbed.lines().size() == passing_bytes / 4096);

  const site disturbed = make("disturbed");
  const std::uint64_t half = undisturbed.output_sizes().front() / 2;
  {
    folder_watch watch(disturbed.out());
    process run(disturbed.command(0));
    REQUIRE(watch.wait_until(run, [&] { return disturbed.output_sizes().front() > half && !newest_snapshot(place / "disturbed").empty(); }));
    run.signal(SIGKILL);
    REQUIRE(run.wait() == 128 + SIGKILL);
  }
  const std::string damaged = newest_snapshot(place / "disturbed");
  flip_bytes(damaged);
  {
    folder_watch watch(disturbed.out());
    process run(disturbed.command(0));
    watch.wait_until(run, [&] {
      most = std::max(most, journal_bytes(place / "disturbed"));
      return false;
    });
    const int status = run.wait();
    INFO(disturbed.complaints());
    REQUIRE(status == 0);
  }
  CHECK(most <= journal_bytes_max);
  compare(disturbed, undisturbed);
  const std::vector<std::string> complaints = lines_of(disturbed.complaints());
  REQUIRE(complaints.size() == 1);
  INFO(complaints.front());
  CHECK(complaints.front().find("weir: warning: ") == 0);
  CHECK(complaints.front().find(damaged + " is damaged") != std::string::npos);
}
