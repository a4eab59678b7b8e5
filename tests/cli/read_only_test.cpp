// Data directories that cannot be written: exit status 1 and the path. Root may write everywhere, so it tries a read-only file system instead.
#include <sys/mount.h>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

/// Makes a folder read-only while it lives; `why_not` says why that failed.
class read_only {
 public:
  explicit read_only(std::filesystem::path folder) : folder_(std::move(folder)), root_(::geteuid() == 0) {
    if (!root_) {
      std::filesystem::permissions(folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    } else if (::mount(folder_.c_str(), folder_.c_str(), nullptr, MS_BIND, nullptr) != 0) {
      why_not = "root is not hindered by permissions, and may not mount here";
    } else if (::mount(nullptr, folder_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      why_not = "no read-only mounts here";
    }
  }
  read_only(const read_only&) = delete;
  read_only& operator=(const read_only&) = delete;
  ~read_only() {
    if (root_)
      ::umount2(folder_.c_str(), MNT_DETACH);
    else
      std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
  }

  std::string why_not;

 private:
  std::filesystem::path folder_;
  bool root_;
};

}  // namespace

TEST_CASE("a data directory that cannot be written ends the run with 1 and its path", "[cli][data]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(3));
  write_text(place / "t.yaml", copying());
  std::filesystem::create_directory(place / "disk");
  const weir_command weir(place);
  const bool made_before = GENERATE(false, true);
  if (made_before) REQUIRE(weir({"run", "t.yaml", "--data", "disk/data"}).status == 0);
  {
    const read_only disk(place / "disk");
    if (!disk.why_not.empty()) {
      WARN("skipped: " << disk.why_not);
      return;
    }
    const outcome o = weir({"run", "t.yaml", "--data", "disk/data"});
    CAPTURE(made_before, o.err);
    CHECK(o.status == 1);
    CHECK_THAT(o.error_line(), StartsWith("weir: error: ") && Contains("disk/data"));
  }
  CHECK(weir({"run", "t.yaml", "--data", "disk/data"}).status == 0);
  CHECK(read_text(place / "copy.txt") == numbers(3));
}

TEST_CASE("a data directory below a file ends the run with 1", "[cli][data]") {
  const workspace place;
  write_text(place / "lines.txt", numbers(3));
  write_text(place / "t.yaml", copying());
  const outcome o = weir_command(place)({"run", "t.yaml", "--data", "lines.txt/data"});
  CHECK(o.status == 1);
  CHECK_THAT(o.error_line(), Contains("lines.txt"));
}
