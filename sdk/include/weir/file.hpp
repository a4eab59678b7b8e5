// Files by way of the node, so that a simulation can replay and crash them. Only for operators that declare `.blocking = true`, and only inside hooks: all of
// this may wait for a disk. What is written belongs to no frame: it is not undone after an error. Make it stable with sync() in flush(), and keep in a state
// how far it is valid.
#pragma once

#include <weir/abi.h>
#include <weir/context.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir {

/// A file could not be opened, read, written, synced, cut or listed; what() names the file and the reason.
class file_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace detail {
inline void check_file(const weir_context* raw, std::int32_t failed) {
  if (failed != 0) throw file_error(raw->error ? std::string(raw->error, raw->error_size) : "a file operation failed and the runtime gave no reason");
}
}  // namespace detail

/// An open file, closed by the destructor. Movable; may be a member of the operator. Offsets and sizes are bytes. Every function but the destructor, close()
/// and is_open() throws file_error.
class file {
 public:
  /// What open() is for.
  enum class mode : std::uint32_t {
    read = WEIR_FILE_READ,    ///< Must exist.
    write = WEIR_FILE_WRITE,  ///< Read and write; created when missing.
  };

  file() = default;  ///< None open.
  /// A path that is relative is so to the node's working directory: config().path() gives absolute ones.
  static file open(context& ctx, std::string_view path, mode how) {
    file opened;
    opened.binding_ = ctx.shared_binding();
    weir_context* raw = opened.binding_->raw;
    detail::check_file(raw, raw->host->file_open(raw, detail::data_of(path), path.size(), static_cast<std::uint32_t>(how), &opened.handle_));
    return opened;
  }
  /// `other` has none open afterwards.
  file(file&& other) noexcept : binding_(other.binding_), handle_(std::exchange(other.handle_, nullptr)) {}
  /// Swaps.
  file& operator=(file&& other) noexcept {
    std::swap(binding_, other.binding_);
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~file() { close(); }

  /// Whether it was opened and not closed.
  bool is_open() const noexcept { return handle_ != nullptr; }
  /// is_open().
  explicit operator bool() const noexcept { return is_open(); }
  /// Syncs nothing. Nothing happens where none is open.
  void close() noexcept {
    if (handle_) binding_->raw->host->file_close(binding_->raw, std::exchange(handle_, nullptr));
  }

  /// Fewer than `size` bytes only at the end of the file.
  std::size_t read(std::uint64_t offset, char* data, std::size_t size) const {
    std::size_t done = 0;
    check(host().file_read(raw(), opened(), offset, data, size, &done));
    return done;
  }
  /// As above, into a new string.
  std::string read(std::uint64_t offset, std::size_t size) const {
    std::string text(size, '\0');
    text.resize(read(offset, text.data(), size));
    return text;
  }
  /// All of it; the file grows where needed.
  void write(std::uint64_t offset, std::string_view data) { check(host().file_write(raw(), opened(), offset, detail::data_of(data), data.size())); }
  /// Until it returns, what was written may be lost in a crash. Never try again after an error: what was written is then unknown.
  void sync() { check(host().file_sync(raw(), opened())); }
  /// Cuts the file, or lengthens it by zeros.
  void truncate(std::uint64_t size) { check(host().file_truncate(raw(), opened(), size)); }
  /// The file's length.
  std::uint64_t size() const {
    std::uint64_t length = 0;
    check(host().file_size(raw(), opened(), &length));
    return length;
  }

 private:
  weir_file* opened() const {
    if (!handle_) throw file_error("this weir::file is not open");
    return handle_;
  }
  weir_context* raw() const {
    opened();
    return binding_->raw;
  }
  const weir_host& host() const { return *raw()->host; }
  void check(std::int32_t failed) const { detail::check_file(binding_->raw, failed); }

  const detail::binding* binding_ = nullptr;
  weir_file* handle_ = nullptr;
};

/// The paths that match a pattern (`*`, `?`, `[…]`), in byte order; none is no error.
inline std::vector<std::string> glob(context& ctx, std::string_view pattern) {
  struct collector {
    std::vector<std::string> paths;
    std::exception_ptr error;
  } all;
  const weir_visit add = [](void* user, const char* path, std::size_t size, const char*, std::size_t) noexcept -> std::int32_t {
    auto& c = *static_cast<collector*>(user);
    try {
      c.paths.emplace_back(path, size);
      return 1;
    } catch (...) {
      c.error = std::current_exception();
      return 0;
    }
  };
  weir_context* raw = ctx.raw();
  const std::int32_t failed = raw->host->file_glob(raw, detail::data_of(pattern), pattern.size(), add, &all);
  if (all.error) std::rethrow_exception(all.error);
  detail::check_file(raw, failed);
  return std::move(all.paths);
}

/// Writes all of the text to the node's standard output. Throws file_error.
inline void standard_output(context& ctx, std::string_view text) {
  weir_context* raw = ctx.raw();
  detail::check_file(raw, raw->host->standard_output(raw, detail::data_of(text), text.size()));
}

}  // namespace weir
