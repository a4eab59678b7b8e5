// The seam for files: the journal, snapshots and operators reach the disk through here, so that a simulation can lose what was not synced, fail any
// call and replay it all from a seed. Paths are plain; errors name the path and the reason. Every call blocks: none is made on a core's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "topology/result.hpp"

namespace weir::runtime {

/// An open file. One thread at a time, except read(), which any thread may call beside others. Short I/O and EINTR are continued inside.
class file {
 public:
  virtual ~file() = default;
  /// Reads up to size bytes at offset; fewer only at the end of the file.
  virtual result<std::size_t> read(std::uint64_t offset, char* data, std::size_t size) = 0;
  /// Writes into the page cache; durable only after sync().
  virtual result<void> write(std::uint64_t offset, std::string_view data) = 0;
  /// Writes and returns once the bytes are on stable storage. Where `direct` was asked for at open, offset, size and address must be multiples of 4,096.
  virtual result<void> write_durable(std::uint64_t offset, std::string_view data) = 0;
  /// Data and size to stable storage. Never retried after a failure: what the kernel kept is unknown then.
  virtual result<void> sync() = 0;
  virtual result<void> truncate(std::uint64_t size) = 0;
  virtual result<std::uint64_t> size() = 0;
};

enum class open_mode : std::uint8_t {
  read,        ///< Must exist.
  write,       ///< Read and write; created when missing. The caller syncs the directory.
  create_new,  ///< Read and write; must not exist.
  direct,      ///< Read and write past the page cache where the file system can (else as `write`); must exist.
};

class directory_lock {
 public:
  virtual ~directory_lock() = default;
};

/// A file system. Any thread.
class files {
 public:
  virtual ~files() = default;
  virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  virtual result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual result<void> remove(const std::string& path) = 0;
  virtual result<void> make_directory(const std::string& path) = 0;  ///< With its parents; fine where it exists. Synced.
  virtual result<void> sync_directory(const std::string& path) = 0;
  virtual result<std::vector<std::string>> list(const std::string& directory) = 0;  ///< Names without '.' and '..', sorted.
  virtual result<std::vector<std::string>> glob(const std::string& pattern) = 0;    ///< Existing paths that match, sorted by bytes.
  virtual bool exists(const std::string& path) = 0;
  /// What may still be written to the file system that holds the directory.
  virtual result<std::uint64_t> free_bytes(const std::string& directory) = 0;
  /// Exclusive for as long as the lock lives and the process runs; error_code::refused where another holds it.
  virtual result<std::unique_ptr<directory_lock>> lock(const std::string& directory) = 0;
};

/// The machine's own file system.
std::unique_ptr<files> make_system_files();

}  // namespace weir::runtime
