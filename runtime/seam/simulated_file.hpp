// An open file of a simulated file system. Used by simulated_files alone.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "runtime/seam/posix_file.hpp"
#include "runtime/seam/simulated_files.hpp"
#include "runtime/seam/simulated_inode.hpp"

namespace weir::runtime {

/// An open file; its life ends with the machine's.
class simulated_file final : public file {
 public:
  simulated_file(simulated_files& disk, std::shared_ptr<simulated_files::inode> target, std::string path)
      : disk_(disk), target_(std::move(target)), path_(std::move(path)), life_(disk.life_) {}

  result<std::size_t> read(std::uint64_t offset, char* data, std::size_t size) override {
    const auto v = enter(file_call::read);
    if (v.error_number != 0) return system_error_at(v.error_number, "read", path_);
    if (offset >= target_->cached.size()) return std::size_t{0};
    const std::size_t n = std::min<std::uint64_t>(size, target_->cached.size() - offset);
    std::memcpy(data, target_->cached.data() + offset, n);
    return n;
  }
  result<void> write(std::uint64_t offset, std::string_view data) override { return put(file_call::write, offset, data); }
  result<void> write_durable(std::uint64_t offset, std::string_view data) override { return put(file_call::write_durable, offset, data); }
  result<void> sync() override {
    const auto v = enter(file_call::sync);
    if (v.error_number != 0) return system_error_at(v.error_number, "sync", path_);
    target_->persist_all();
    return {};
  }
  result<void> truncate(std::uint64_t size) override {
    const auto v = enter(file_call::truncate);
    if (v.error_number == 0 || v.only_cached) target_->truncate(size);
    if (v.error_number != 0) return system_error_at(v.error_number, "change the size of", path_);
    return {};
  }
  result<std::uint64_t> size() override {
    if (dead()) return system_error_at(EIO, "read the size of", path_);
    return std::uint64_t{target_->cached.size()};
  }

 private:
  bool dead() const { return life_ != disk_.life_ || disk_.down_; }
  simulated_files::verdict enter(file_call call) {
    if (life_ != disk_.life_) return {EIO, false};
    return disk_.enter(call);
  }
  result<void> put(file_call call, std::uint64_t offset, std::string_view data) {
    auto v = enter(call);
    const std::uint64_t end = offset + data.size();
    const std::uint64_t growth = end > target_->cached.size() ? end - target_->cached.size() : 0;
    if (v.error_number == 0 && growth > 0 && disk_.used_bytes() + growth > disk_.capacity_) v.error_number = ENOSPC;
    if (v.error_number == 0 || v.only_cached) {
      target_->write(offset, data);
    } else if (v.error_number != ENOSPC && life_ == disk_.life_ && !disk_.down_) {
      target_->write(offset, data.substr(0, data.size() / 2));
    }
    if (v.error_number != 0) return system_error_at(v.error_number, "write", path_);
    if (call == file_call::write_durable) target_->persist(offset, data.size());
    return {};
  }

  simulated_files& disk_;
  std::shared_ptr<simulated_files::inode> target_;
  const std::string path_;
  const std::uint64_t life_;
};

}  // namespace weir::runtime
