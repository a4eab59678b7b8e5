#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/seam/clock.hpp"
#include "runtime/seam/files.hpp"
#include "runtime/seam/random.hpp"

using namespace weir;
using namespace weir::runtime;

namespace {

/// A directory of this test's own, removed afterwards.
struct scratch {
  explicit scratch(const std::filesystem::path& under = std::filesystem::temp_directory_path()) {
    static int number = 0;
    path = (under / ("weir-seam-" + std::to_string(::getpid()) + "-" + std::to_string(number++))).string();
    std::filesystem::create_directories(path);
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string path;
};

using aligned_block = std::unique_ptr<char, decltype(&std::free)>;
aligned_block block(char fill, std::size_t size = 4096) {
  aligned_block b(static_cast<char*>(std::aligned_alloc(4096, size)), &std::free);
  std::memset(b.get(), fill, size);
  return b;
}

void direct_round_trip(const std::string& directory) {
  auto fs = make_system_files();
  const std::string path = directory + "/f";
  {
    auto f = fs->open(path, open_mode::create_new);
    REQUIRE(f.ok());
    REQUIRE(f.value()->write(0, std::string(16384, '0')).ok());
    REQUIRE(f.value()->sync().ok());
  }
  auto f = fs->open(path, open_mode::direct);
  REQUIRE(f.ok());
  const auto b = block('b', 8192);
  REQUIRE(f.value()->write_durable(4096, {b.get(), 8192}).ok());
  std::string text(20000, '?');
  const auto got = f.value()->read(1, text.data(), text.size());  // Neither offset, size nor address is aligned.
  REQUIRE(got.ok());
  REQUIRE(*got == 16383);
  CHECK(text.substr(0, 4095) == std::string(4095, '0'));
  CHECK(text.substr(4095, 8192) == std::string(8192, 'b'));
  CHECK(text.substr(4095 + 8192, 4096) == std::string(4096, '0'));
}

}  // namespace

TEST_CASE("direct files write durably and read at any offset", "[seam]") {
  scratch dir;
  direct_round_trip(dir.path);
}

TEST_CASE("direct files fall back where the file system keeps everything in memory", "[seam]") {
  if (!std::filesystem::exists("/dev/shm")) return;
  scratch dir("/dev/shm");
  direct_round_trip(dir.path);
}

TEST_CASE("a directory has one holder, and the second is told who it is", "[seam]") {
  scratch dir;
  auto fs = make_system_files();
  {
    const auto first = fs->lock(dir.path);
    REQUIRE(first.ok());
    const auto second = fs->lock(dir.path);
    REQUIRE_FALSE(second.ok());
    CHECK(second.why().code == error_code::refused);
    CHECK(second.why().message.find("directory " + dir.path + " is in use by process " + std::to_string(::getpid())) == 0);
  }
  CHECK(fs->lock(dir.path).ok());
}

TEST_CASE("errors of the file system name the path and the reason", "[seam]") {
  scratch dir;
  auto fs = make_system_files();
  const auto missing = fs->open(dir.path + "/none", open_mode::read);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.why().message == "cannot open " + dir.path + "/none: No such file or directory");
  REQUIRE(fs->open(dir.path + "/f", open_mode::create_new).ok());
  CHECK_FALSE(fs->open(dir.path + "/f", open_mode::create_new).ok());
  CHECK_FALSE(fs->list(dir.path + "/none").ok());
  CHECK_FALSE(fs->make_directory(dir.path + "/f/below").ok());
  if (std::filesystem::exists("/dev/full")) {
    auto full = fs->open("/dev/full", open_mode::write);
    REQUIRE(full.ok());
    const auto written = full.value()->write(0, "x");
    REQUIRE_FALSE(written.ok());
    CHECK(written.why().code == error_code::no_space);
  }
}

TEST_CASE("directories are made with their parents, listed sorted and matched by patterns", "[seam]") {
  scratch dir;
  auto fs = make_system_files();
  REQUIRE(fs->make_directory(dir.path + "/a/b/c").ok());
  REQUIRE(fs->make_directory(dir.path + "/a/b/c").ok());
  for (const char* name : {"z.txt", "B.txt", "a.txt"}) REQUIRE(fs->open(dir.path + "/a/" + name, open_mode::write).ok());
  CHECK(fs->list(dir.path + "/a").value() == std::vector<std::string>{"B.txt", "a.txt", "b", "z.txt"});
  CHECK(fs->glob(dir.path + "/a/*.txt").value() == std::vector<std::string>{dir.path + "/a/B.txt", dir.path + "/a/a.txt", dir.path + "/a/z.txt"});
  REQUIRE(fs->rename(dir.path + "/a/z.txt", dir.path + "/a/y.txt").ok());
  REQUIRE(fs->remove(dir.path + "/a/a.txt").ok());
  REQUIRE(fs->sync_directory(dir.path + "/a").ok());
  CHECK(fs->list(dir.path + "/a").value() == std::vector<std::string>{"B.txt", "b", "y.txt"});
}

TEST_CASE("a file system says what it has left, wherever in it a directory is", "[seam]") {
  const auto fs = make_system_files();
  const scratch dir;
  const auto left = fs->free_bytes(dir.path);
  REQUIRE(left);
  CHECK(*left > 0);
  CHECK(fs->free_bytes(dir.path + "/missing").why().message.find(dir.path + "/missing") != std::string::npos);
}

TEST_CASE("clocks and randomness of the machine move", "[seam]") {
  const system_clock time;
  const auto before = time.monotonic_ns();
  CHECK(time.monotonic_ns() >= before);
  CHECK(time.realtime_ns() > 1'600'000'000'000'000'000);
  system_random random;
  CHECK(random.next() != random.next());
}
