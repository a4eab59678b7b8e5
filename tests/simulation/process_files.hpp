// The simulated disk as one process sees it: once the process is dead, nothing of it reaches the disk any more. It can also be told to forget syncs, which is
// how the simulation proves that it would notice a missing one. One thread; outlives the process's open files.
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/seam/files.hpp"
#include "runtime/seam/posix_file.hpp"

namespace weir::simulation {

class process_files final : public runtime::files {
 public:
  /// `forgets_syncs_of` chooses, by path, the files whose writes are never made durable.
  process_files(runtime::files& disk, std::function<bool(const std::string&)> forgets_syncs_of) : disk_(disk), forgets_(std::move(forgets_syncs_of)) {}

  /// Called before each write_durable().
  void before_page(std::function<void()> look) { before_page_ = std::move(look); }

  /// From now on every call fails.
  void die() noexcept { dead_ = true; }

  result<std::unique_ptr<runtime::file>> open(const std::string& path, runtime::open_mode mode) override {
    if (dead_) return gone("open", path);
    auto opened = disk_.open(path, mode);
    if (!opened) return opened.why();
    return std::unique_ptr<runtime::file>(std::make_unique<process_file>(*this, std::move(opened).value(), path, forgets_ && forgets_(path)));
  }
  result<void> rename(const std::string& from, const std::string& to) override { return dead_ ? gone("rename", from) : disk_.rename(from, to); }
  result<void> remove(const std::string& path) override { return dead_ ? gone("remove", path) : disk_.remove(path); }
  result<void> make_directory(const std::string& path) override { return dead_ ? gone("make the directory", path) : disk_.make_directory(path); }
  result<void> sync_directory(const std::string& path) override { return dead_ ? gone("sync the directory", path) : disk_.sync_directory(path); }
  result<std::vector<std::string>> list(const std::string& directory) override {
    if (dead_) return gone("list the directory", directory);
    return disk_.list(directory);
  }
  result<std::vector<std::string>> glob(const std::string& pattern) override {
    if (dead_) return gone("expand", pattern);
    return disk_.glob(pattern);
  }
  bool exists(const std::string& path) override { return !dead_ && disk_.exists(path); }
  result<std::uint64_t> free_bytes(const std::string& directory) override {
    if (dead_) return gone("look at the file system of", directory);
    return disk_.free_bytes(directory);
  }
  result<std::unique_ptr<runtime::directory_lock>> lock(const std::string& directory) override {
    if (dead_) return gone("lock", directory);
    return disk_.lock(directory);
  }

 private:
  static error gone(const char* what, const std::string& path) { return runtime::system_error_at(EIO, what, path); }

  class process_file final : public runtime::file {
   public:
    process_file(process_files& all, std::unique_ptr<runtime::file> inner, std::string path, bool forgets)
        : all_(all), inner_(std::move(inner)), path_(std::move(path)), forgets_(forgets) {}
    result<std::size_t> read(std::uint64_t offset, char* data, std::size_t size) override {
      if (all_.dead_) return gone("read", path_);
      return inner_->read(offset, data, size);
    }
    result<void> write(std::uint64_t offset, std::string_view data) override { return all_.dead_ ? gone("write", path_) : inner_->write(offset, data); }
    result<void> write_durable(std::uint64_t offset, std::string_view data) override {
      if (!all_.dead_) all_.before_page_();
      if (forgets_) return write(offset, data);
      return all_.dead_ ? gone("write", path_) : inner_->write_durable(offset, data);
    }
    result<void> sync() override {
      if (all_.dead_) return gone("sync", path_);
      return forgets_ ? result<void>() : inner_->sync();
    }
    result<void> truncate(std::uint64_t size) override { return all_.dead_ ? gone("change the size of", path_) : inner_->truncate(size); }
    result<std::uint64_t> size() override {
      if (all_.dead_) return gone("read the size of", path_);
      return inner_->size();
    }

   private:
    process_files& all_;
    std::unique_ptr<runtime::file> inner_;
    const std::string path_;
    const bool forgets_;
  };

  runtime::files& disk_;
  std::function<bool(const std::string&)> forgets_;
  std::function<void()> before_page_ = [] {};
  bool dead_ = false;
};

}  // namespace weir::simulation
