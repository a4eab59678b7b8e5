#include "tests/crash/mounted.hpp"

#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>

namespace weir::test {

namespace {

constexpr unsigned long shutdown_request = 0x8004587d;  // FS_IOC_SHUTDOWN
constexpr std::uint32_t without_flushing_the_log = 2;

std::optional<std::string> try_to_mount() {
  if (::geteuid() != 0) return "only root can mount file systems";
  if (::unshare(CLONE_NEWNS) != 0) return std::string("no mount namespace of its own: ") + std::strerror(errno);
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return std::string("mounts cannot be made private: ") + std::strerror(errno);
  return {};
}

void run_tool(const std::vector<std::string>& command, const std::filesystem::path& complaints) {
  const int status = run_program({.command = command, .err = complaints});
  INFO(command[0] << ": " << read_text(complaints));
  REQUIRE(status == 0);
}

void mount_image(const std::filesystem::path& image, const std::filesystem::path& path, const std::string& options) {
  run_tool({"mount", "-t", "ext4", "-o", "loop" + (options.empty() ? "" : "," + options), image.string(), path.string()}, image.string() + ".err");
}

}  // namespace

const std::optional<std::string>& cannot_mount() {
  static const std::optional<std::string> why = try_to_mount();
  return why;
}

mounted mounted::ext4(const workspace& place, const std::string& size, const std::string& options) {
  const auto image = place / "image";
  const auto path = place / "ext4";
  std::filesystem::create_directory(path);
  run_tool({"truncate", "-s", size, image.string()}, place / "truncate.err");
  run_tool({"mkfs.ext4", "-q", "-F", "-m", "0", image.string()}, place / "mkfs.err");
  mount_image(image, path, options);
  return {path, image, options};
}

mounted mounted::tmpfs(const workspace& place, const std::string& size) {
  const auto path = place / "tmpfs";
  std::filesystem::create_directory(path);
  REQUIRE(::mount("tmpfs", path.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0);
  return {path, {}, {}};
}

mounted::~mounted() {
  if (!path_.empty()) ::umount2(path_.c_str(), MNT_DETACH);
}

void mounted::cut_power() const {
  const int folder = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  REQUIRE(folder >= 0);
  const int failed = ::ioctl(folder, shutdown_request, &without_flushing_the_log);
  const int reason = errno;
  ::close(folder);
  INFO("FS_IOC_SHUTDOWN: " << std::strerror(reason));
  REQUIRE(failed == 0);
}

void mounted::remount() const {
  REQUIRE(::umount(path_.c_str()) == 0);
  mount_image(image_, path_, options_);
}

}  // namespace weir::test
