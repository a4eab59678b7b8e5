// File systems of a test's own, for what only root can try: an ext4 image that can lose its unsynced writes, and small ones that run full. Mounted in a
// namespace of the test process, so that nothing is left behind however the test ends.
#pragma once

#include <optional>
#include <string>

#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"

namespace weir::test {

/// Why this process cannot mount file systems, or nothing where it can. Asks only once.
const std::optional<std::string>& cannot_mount();

class mounted {
 public:
  /// An ext4 file system in a file of this size; `options` as mount(8) takes them behind -o.
  static mounted ext4(const workspace& place, const std::string& size, const std::string& options = "");
  /// A tmpfs of this size.
  static mounted tmpfs(const workspace& place, const std::string& size);
  mounted(mounted&& other) noexcept : path_(std::exchange(other.path_, {})), image_(std::move(other.image_)), options_(std::move(other.options_)) {}
  mounted& operator=(mounted&&) = delete;
  ~mounted();

  const std::filesystem::path& path() const noexcept { return path_; }
  /// The power fails: whatever was not synced is gone, and every access fails until remount().
  void cut_power() const;
  void remount() const;

 private:
  mounted(std::filesystem::path path, std::filesystem::path image, std::string options)
      : path_(std::move(path)), image_(std::move(image)), options_(std::move(options)) {}

  std::filesystem::path path_;
  std::filesystem::path image_;
  std::string options_;
};

}  // namespace weir::test
