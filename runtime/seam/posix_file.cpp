#include "runtime/seam/posix_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace weir::runtime {
namespace {

constexpr std::uint64_t direct_alignment = 4096;

bool aligned(std::uint64_t offset, const void* data, std::size_t size) noexcept {
  return (offset | reinterpret_cast<std::uintptr_t>(data) | size) % direct_alignment == 0;
}

class posix_file final : public file {
 public:
  posix_file(descriptor number, std::string path, bool direct) : number_(std::move(number)), path_(std::move(path)), direct_(direct) {}

  result<std::size_t> read(std::uint64_t offset, char* data, std::size_t size) override {
    if (!direct_.load(std::memory_order_relaxed) || aligned(offset, data, size)) return read_some(offset, data, size);
    return read_around(offset, data, size);
  }

  result<void> write(std::uint64_t offset, std::string_view data) override { return write_all(offset, data, 0); }

  result<void> write_durable(std::uint64_t offset, std::string_view data) override {
    if (!synced_writes_.load(std::memory_order_relaxed)) return write_then_sync(offset, data);
    return write_all(offset, data, RWF_DSYNC);
  }

  result<void> sync() override {
    int status = 0;
    do status = ::fdatasync(number_.get());
    while (status != 0 && errno == EINTR);
    if (status != 0) return system_error_at(errno, "sync", path_);
    return {};
  }

  result<void> truncate(std::uint64_t size) override {
    int status = 0;
    do status = ::ftruncate(number_.get(), static_cast<off_t>(size));
    while (status != 0 && errno == EINTR);
    if (status != 0) return system_error_at(errno, "change the size of", path_);
    return {};
  }

  result<std::uint64_t> size() override {
    struct stat s {};
    if (::fstat(number_.get(), &s) != 0) return system_error_at(errno, "read the size of", path_);
    return static_cast<std::uint64_t>(s.st_size);
  }

 private:
  result<std::size_t> read_some(std::uint64_t offset, char* data, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t n = ::pread(number_.get(), data + done, size - done, static_cast<off_t>(offset + done));
      if (n == 0) break;
      if (n > 0) {
        done += static_cast<std::size_t>(n);
        // A direct read that stops between blocks has met the end of the file; going on from there would be refused as unaligned.
        if (direct_.load(std::memory_order_relaxed) && done % direct_alignment != 0) break;
      } else if (errno != EINTR) {
        return system_error_at(errno, "read", path_);
      }
    }
    return done;
  }

  /// Reads the blocks around what was asked for into aligned memory, then copies.
  result<std::size_t> read_around(std::uint64_t offset, char* data, std::size_t size) {
    const std::uint64_t begin = offset / direct_alignment * direct_alignment;
    const std::uint64_t end = (offset + size + direct_alignment - 1) / direct_alignment * direct_alignment;
    std::unique_ptr<char, decltype(&std::free)> blocks(static_cast<char*>(std::aligned_alloc(direct_alignment, end - begin)), &std::free);
    if (!blocks) return error{error_code::failed, "cannot read " + path_ + ": out of memory"};
    auto got = read_some(begin, blocks.get(), end - begin);
    if (!got) return got.why();
    const std::uint64_t skipped = offset - begin;
    if (*got <= skipped) return std::size_t{0};
    const std::size_t usable = std::min<std::size_t>(size, *got - skipped);
    std::memcpy(data, blocks.get() + skipped, usable);
    return usable;
  }

  result<void> write_all(std::uint64_t offset, std::string_view data, int flags) {
    std::size_t done = 0;
    while (done < data.size()) {
      iovec piece{const_cast<char*>(data.data()) + done, data.size() - done};
      const ssize_t n = ::pwritev2(number_.get(), &piece, 1, static_cast<off_t>(offset + done), flags);
      if (n > 0) {
        done += static_cast<std::size_t>(n);
        continue;
      }
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && flags != 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        synced_writes_.store(false, std::memory_order_relaxed);
        return write_then_sync(offset + done, data.substr(done));
      }
      if (n < 0 && errno == EINVAL && leave_direct()) continue;
      return system_error_at(n == 0 ? EIO : errno, "write", path_);
    }
    return {};
  }

  result<void> write_then_sync(std::uint64_t offset, std::string_view data) {
    auto written = write_all(offset, data, 0);
    if (!written) return written;
    return sync();
  }

  /// True when the file was direct and now is not: some file systems accept the flag at open and refuse it at the first write, as they do what a short
  /// direct write left unaligned.
  bool leave_direct() {
    if (!direct_.exchange(false)) return false;
    const int flags = ::fcntl(number_.get(), F_GETFL);
    return flags >= 0 && ::fcntl(number_.get(), F_SETFL, flags & ~O_DIRECT) == 0;
  }

  descriptor number_;
  const std::string path_;
  std::atomic<bool> direct_;
  std::atomic<bool> synced_writes_{true};
};

}  // namespace

error system_error_at(int number, const char* what, const std::string& path) {
  std::string message = std::string("cannot ") + what + " " + path + ": " + std::generic_category().message(number);
  const bool full = number == ENOSPC || number == EDQUOT;
  if (full) message += "; free some space";
  if (number == EACCES || number == EPERM) message += "; check its owner and permissions";
  if (number == EROFS) message += "; mount it writable or choose another directory";
  return error{full ? error_code::no_space : error_code::failed, std::move(message)};
}

descriptor::~descriptor() {
  // Nothing is lost by a failing close: whatever must be on disk was synced before, and the sync told.
  if (number_ >= 0) ::close(number_);
}

std::unique_ptr<file> make_posix_file(descriptor number, std::string path, bool direct) {
  return std::make_unique<posix_file>(std::move(number), std::move(path), direct);
}

}  // namespace weir::runtime
