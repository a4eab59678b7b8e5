// One file's bytes in a simulated file system: what is durable, what is cached, and which pages differ. Used by simulated_files alone.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "runtime/seam/random.hpp"
#include "runtime/seam/simulated_files.hpp"

namespace weir::runtime {

/// How a power cut treats one unsynced thing: lost, kept, or in part.
enum class crash_fate : std::uint8_t { lost, kept, torn };

struct simulated_files::inode {
  std::string durable;
  std::string cached;
  std::set<std::uint64_t> dirty;  ///< Numbers of pages that may differ.

  void write(std::uint64_t offset, std::string_view data);
  void truncate(std::uint64_t size);
  /// Makes the pages of that range durable, with the size they need.
  void persist(std::uint64_t offset, std::uint64_t size);
  void persist_all();
  /// Keeps a random part of what is not durable. `bias` of 0 loses and of 255 keeps every page.
  void crash(random_source& random, std::uint8_t bias);

 private:
  void mark(std::uint64_t begin, std::uint64_t end);
  void keep_page(std::uint64_t page, crash_fate fate, random_source& random, std::string& into) const;
};

}  // namespace weir::runtime
