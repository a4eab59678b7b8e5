// A file system in memory that forgets what was not synced: for simulations and tests. Writes stay in a volatile cache of 4 KiB pages, and creations,
// renames and removals stay pending, until a sync makes them durable. crash() then keeps what a real disk might have kept: a random part of the unsynced
// pages, torn at sectors, and of every directory's pending operations a random beginning. Faults are injected by call and number. The same calls with the
// same seeds give the same bytes. One thread; outlives its open files.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/seam/files.hpp"
#include "runtime/seam/random.hpp"

namespace weir::runtime {

/// What a fault can be tied to.
enum class file_call : std::uint8_t { open, read, write, write_durable, sync, truncate, rename, remove, make_directory, sync_directory, lock };

class simulated_files final : public files {
 public:
  static constexpr std::uint64_t page_bytes = 4096;
  static constexpr std::uint64_t sector_bytes = 512;

  simulated_files();
  ~simulated_files() override;

  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> remove(const std::string& path) override;
  result<void> make_directory(const std::string& path) override;
  result<void> sync_directory(const std::string& path) override;
  result<std::vector<std::string>> list(const std::string& directory) override;
  result<std::vector<std::string>> glob(const std::string& pattern) override;
  bool exists(const std::string& path) override;
  result<std::uint64_t> free_bytes(const std::string& directory) override;
  result<std::unique_ptr<directory_lock>> lock(const std::string& directory) override;

  // -- faults -----------------------------------------------------------------------------------------------------------------------------
  /// The nth such call from now on (1: the next) fails with that errno; a write first writes the first half of its bytes.
  void fail_call(file_call call, std::uint64_t nth, int error_number);
  /// Files may hold that many bytes together; beyond it writes fail with ENOSPC.
  void set_capacity(std::uint64_t bytes) noexcept { capacity_ = bytes; }
  /// The power fails inside the nth changing call from now on (1: the next): it takes effect only in the cache, and it and all later calls fail until
  /// crash() or kill().
  void lose_power_in(std::uint64_t nth) noexcept { power_fails_at_ = changes_ + nth; }
  bool down() const noexcept { return down_; }
  /// Changing calls so far: what lose_power_in() counts.
  std::uint64_t changes() const noexcept { return changes_; }
  /// Calls of that kind so far: what fail_call() counts.
  std::uint64_t calls(file_call of) const;

  /// A power cut: keeps a random, legal part of what was not synced. Open files and locks of before are dead.
  void crash(random_source& random);
  /// The process ends at once: the cache survives, open files and locks do not.
  void kill();

  // -- a test's own hand on the disk, without faults ----------------------------------------------------------------------------------------
  void put(const std::string& path, std::string_view content);  ///< Durable; the directory must exist.
  std::string content(const std::string& path) const;           ///< Empty where there is no such file.
  std::uint64_t used_bytes() const;

  struct inode;  // Shared with open files.

 private:
  friend class simulated_file;
  struct directory_change;
  struct fault {
    file_call call;
    std::uint64_t at;
    int error_number;
  };
  /// What one call may do.
  struct verdict {
    int error_number = 0;      ///< Not 0: the call fails.
    bool only_cached = false;  ///< The power fails inside this call.
  };

  verdict enter(file_call call);
  void apply_to(std::map<std::string, std::shared_ptr<inode>>& entries, const directory_change& change) const;
  bool is_directory(const std::string& path) const;
  static std::string normal(const std::string& path);
  static std::string parent_of(const std::string& path);

  std::map<std::string, std::shared_ptr<inode>> cached_;   ///< What running programs see.
  std::map<std::string, std::shared_ptr<inode>> durable_;  ///< What a power cut cannot take.
  std::vector<directory_change> pending_;                  ///< From durable_ to cached_, in order.
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  std::vector<fault> faults_;
  std::map<file_call, std::uint64_t> calls_;
  std::uint64_t capacity_ = UINT64_MAX;
  std::uint64_t changes_ = 0;
  std::uint64_t power_fails_at_ = 0;
  std::uint64_t life_ = 0;  ///< Open files and locks of an earlier life are dead.
  bool down_ = false;
};

}  // namespace weir::runtime
