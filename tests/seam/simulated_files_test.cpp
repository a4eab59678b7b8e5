#include <catch2/catch.hpp>

#include <cerrno>

#include "runtime/seam/simulated_clock.hpp"
#include "runtime/seam/simulated_files.hpp"

using namespace weir;
using namespace weir::runtime;

namespace {

std::unique_ptr<file> opened(files& fs, const std::string& path, open_mode mode = open_mode::write) {
  auto f = fs.open(path, mode);
  REQUIRE(f.ok());
  return std::move(f.value());
}

std::string read_all(files& fs, const std::string& path) {
  auto f = opened(fs, path, open_mode::read);
  std::string text(f->size().value(), '?');
  REQUIRE(f->read(0, text.data(), text.size()).value() == text.size());
  return text;
}

}  // namespace

TEST_CASE("what was synced survives every crash", "[simulation]") {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    INFO("seed " << seed);
    simulated_files disk;
    seeded_random random(seed);
    REQUIRE(disk.make_directory("/data/a").ok());
    auto f = opened(disk, "/data/a/x");
    REQUIRE(f->write(0, std::string(10'000, 'x')).ok());
    REQUIRE(f->sync().ok());
    REQUIRE(disk.sync_directory("/data/a").ok());
    REQUIRE(f->write_durable(4096, std::string(100, 'y')).ok());
    disk.crash(random);
    std::string expected(10'000, 'x');
    expected.replace(4096, 100, std::string(100, 'y'));
    CHECK(read_all(disk, "/data/a/x") == expected);
  }
}

TEST_CASE("an unsynced page is lost, kept or torn at a sector", "[simulation]") {
  bool lost = false, kept = false, torn = false;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    simulated_files disk;
    seeded_random random(seed);
    disk.put("/f", std::string(3 * 4096, 'a'));
    auto f = opened(disk, "/f");
    REQUIRE(f->write(4096, std::string(4096, 'b')).ok());
    disk.crash(random);
    const std::string now = read_all(disk, "/f");
    REQUIRE(now.size() == 3 * 4096);
    CHECK(now.substr(0, 4096) == std::string(4096, 'a'));
    CHECK(now.substr(2 * 4096) == std::string(4096, 'a'));
    const std::string page = now.substr(4096, 4096);
    if (page == std::string(4096, 'a'))
      lost = true;
    else if (page == std::string(4096, 'b'))
      kept = true;
    else
      torn = true;
    for (std::size_t at = 0; at < 4096; at += 512) CHECK(page.substr(at, 512) == std::string(512, page[at]));
  }
  CHECK(lost);
  CHECK(kept);
  CHECK(torn);
}

TEST_CASE("unsynced directory operations survive in their order", "[simulation]") {
  bool none = false, some = false, all = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    simulated_files disk;
    seeded_random random(seed);
    disk.put("/old", "old");
    opened(disk, "/one");
    REQUIRE(disk.rename("/old", "/new").ok());
    REQUIRE(disk.remove("/one").ok());
    disk.crash(random);
    const auto names = disk.list("/").value();
    using names_t = std::vector<std::string>;
    const bool legal = names == names_t{"old"} || names == names_t{"old", "one"} || names == names_t{"new", "one"} || names == names_t{"new"};
    CHECK(legal);
    none |= names == names_t{"old"};
    some |= names == names_t{"new", "one"};
    all |= names == names_t{"new"};
  }
  CHECK(none);
  CHECK(some);
  CHECK(all);
}

TEST_CASE("a killed process leaves the cache behind, not its files and locks", "[simulation]") {
  simulated_files disk;
  REQUIRE(disk.make_directory("/d").ok());
  auto lock = disk.lock("/d");
  REQUIRE(lock.ok());
  const auto second = disk.lock("/d");
  REQUIRE_FALSE(second.ok());
  CHECK(second.why().code == error_code::refused);
  auto f = opened(disk, "/d/f");
  REQUIRE(f->write(0, "text").ok());
  disk.kill();
  CHECK_FALSE(f->write(0, "late").ok());
  CHECK(read_all(disk, "/d/f") == "text");
  CHECK(disk.lock("/d").ok());
}

TEST_CASE("the power fails inside the call that was named, and all calls fail until the crash", "[simulation]") {
  simulated_files disk;
  seeded_random random(1);
  disk.put("/f", std::string(4096, 'a'));
  auto f = opened(disk, "/f");
  disk.lose_power_in(2);
  REQUIRE(f->write_durable(0, std::string(4096, 'b')).ok());
  CHECK_FALSE(f->write_durable(0, std::string(4096, 'c')).ok());
  CHECK(disk.down());
  CHECK_FALSE(disk.open("/f", open_mode::read).ok());
  disk.crash(random);
  const std::string now = read_all(disk, "/f");
  CHECK(now.find('a') == std::string::npos);
}

TEST_CASE("injected errors name the path and a full disk has its own code", "[simulation]") {
  simulated_files disk;
  auto f = opened(disk, "/f");
  disk.fail_call(file_call::sync, 2, EIO);
  REQUIRE(f->sync().ok());
  const auto failed = f->sync();
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.why().message == "cannot sync /f: Input/output error");
  REQUIRE(f->sync().ok());
  disk.set_capacity(8192);
  REQUIRE(f->write(0, std::string(8192, 'x')).ok());
  const auto full = f->write(8192, "y");
  REQUIRE_FALSE(full.ok());
  CHECK(full.why().code == error_code::no_space);
  CHECK(f->write(0, "overwriting takes no space").ok());
}

TEST_CASE("a simulated clock moves only when told", "[simulation]") {
  simulated_clock time(1000, 5);
  time.advance(10);
  CHECK(time.realtime_ns() == 1010);
  CHECK(time.monotonic_ns() == 15);
  time.set_realtime(3);
  CHECK(time.realtime_ns() == 3);
  CHECK(time.monotonic_ns() == 15);
}

TEST_CASE("glob and list give sorted names of what is there", "[simulation]") {
  simulated_files disk;
  REQUIRE(disk.make_directory("/d/sub").ok());
  disk.put("/d/b.txt", "");
  disk.put("/d/a.txt", "");
  disk.put("/d/c.csv", "");
  CHECK(disk.list("/d").value() == std::vector<std::string>{"a.txt", "b.txt", "c.csv", "sub"});
  CHECK(disk.glob("/d/*.txt").value() == std::vector<std::string>{"/d/a.txt", "/d/b.txt"});
  CHECK_FALSE(disk.list("/nowhere").ok());
}
