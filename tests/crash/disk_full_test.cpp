// The disk runs full: `run` says so once and waits, and goes on when space is back; where not even the first segment can be made it ends.
#include "tests/crash/mounted.hpp"
#include "tests/crash/scenario.hpp"

using namespace weir::test;

namespace {

bool skipped() {
  if (cannot_mount()) WARN("skipped: " << *cannot_mount());
  return cannot_mount().has_value();
}

/// A file of as many MiB, so that so much less is free.
void occupy(const std::filesystem::path& file, std::size_t mebibytes) { write_text(file, std::string(mebibytes << 20, 'x')); }

std::size_t lines_about_space(const std::string& complaints) {
  std::size_t count = 0;
  for (const std::string& line : lines_of(complaints)) count += line.find("space") != std::string::npos || line.find("full") != std::string::npos ? 1 : 0;
  return count;
}

/// The records of slow_sink stay in the journal until the sink has had them: far more than the disk holds.
void fill_and_free(const scenario& s, const mounted& disk, const workspace& place) {
  std::filesystem::create_directory(place / "undisturbed");
  const site undisturbed(s, place / "undisturbed");
  REQUIRE(undisturbed.run() == 0);

  std::filesystem::create_directory(place / "site");
  std::filesystem::create_directory(disk.path() / "data");
  std::filesystem::create_directory_symlink(disk.path() / "data", place / "site" / "data");
  occupy(disk.path() / "ballast", 32);
  const site filling(s, place / "site");
  write_text(filling.complaints_path(), "");
  folder_watch watch(place / "site");
  process run(filling.command(s.rate));
  const bool said = watch.wait_until(run, [&] { return lines_about_space(filling.complaints()) > 0; });
  INFO(filling.complaints());
  REQUIRE(said);
  std::filesystem::remove(disk.path() / "ballast");
  REQUIRE(run.wait() == 0);
  const std::string complaints = filling.complaints();
  INFO(complaints);
  CHECK(lines_about_space(complaints) == 1);
  CHECK(complaints.find("weir: warning: ") == 0);
  CHECK(filling.result() == undisturbed.result());
}

}  // namespace

TEST_CASE("on a full disk a run says so once, waits, and goes on when space is back", "[crash][disk]") {
  if (skipped()) return;
  const workspace place;
  if (GENERATE(true, false)) {
    fill_and_free(slow_sink(20000), mounted::tmpfs(place, "46M"), place);
  } else {
    fill_and_free(slow_sink(20000), mounted::ext4(place, "56M"), place);
  }
}

TEST_CASE("a run whose first segment does not fit the disk ends with 1 and says what to do", "[crash][disk]") {
  if (skipped()) return;
  const workspace place;
  const mounted disk = mounted::tmpfs(place, "2M");
  const scenario s = word_count(1);
  std::filesystem::create_directory(place / "site");
  std::filesystem::create_directory(disk.path() / "data");
  std::filesystem::create_directory_symlink(disk.path() / "data", place / "site" / "data");
  const site full(s, place / "site");
  CHECK(full.run() == 1);
  const auto complaints = lines_of(full.complaints());
  INFO(full.complaints());
  REQUIRE(complaints.size() == 1);
  CHECK(complaints[0].find("weir: error: ") == 0);
  CHECK(lines_about_space(complaints[0]) == 1);
  CHECK(full.lines().empty());
}
