#include "runtime/seam/simulated_inode.hpp"

#include <algorithm>
#include <cstring>

namespace weir::runtime {

void simulated_files::inode::mark(std::uint64_t begin, std::uint64_t end) {
  for (std::uint64_t page = begin / page_bytes; page * page_bytes < end; ++page) dirty.insert(page);
}

void simulated_files::inode::write(std::uint64_t offset, std::string_view data) {
  if (data.empty()) return;
  if (cached.size() < offset + data.size()) cached.resize(offset + data.size(), '\0');
  std::memcpy(cached.data() + offset, data.data(), data.size());
  mark(offset, offset + data.size());
}

void simulated_files::inode::truncate(std::uint64_t size) {
  const std::uint64_t before = cached.size();
  cached.resize(size, '\0');
  mark(std::min(before, size), std::max(before, size));
}

void simulated_files::inode::persist(std::uint64_t offset, std::uint64_t size) {
  const std::uint64_t end = std::min<std::uint64_t>(offset + size, cached.size());
  if (durable.size() < end) durable.resize(end, '\0');
  for (std::uint64_t page = offset / page_bytes; page * page_bytes < end; ++page) {
    const std::uint64_t begin = page * page_bytes;
    const std::uint64_t count = std::min<std::uint64_t>(page_bytes, std::min(durable.size(), cached.size()) - begin);
    std::memcpy(durable.data() + begin, cached.data() + begin, count);
    // A page that reaches beyond the durable size still has something to lose.
    if (begin + count == cached.size() || count == page_bytes) dirty.erase(page);
  }
}

void simulated_files::inode::persist_all() {
  durable.resize(cached.size(), '\0');
  for (const std::uint64_t page : dirty) {
    const std::uint64_t begin = page * page_bytes;
    if (begin >= cached.size()) continue;
    std::memcpy(durable.data() + begin, cached.data() + begin, std::min<std::uint64_t>(page_bytes, cached.size() - begin));
  }
  dirty.clear();
}

void simulated_files::inode::keep_page(std::uint64_t page, crash_fate fate, random_source& random, std::string& into) const {
  const std::uint64_t begin = page * page_bytes;
  const std::uint64_t end = std::min<std::uint64_t>({begin + page_bytes, cached.size(), into.size()});
  for (std::uint64_t sector = begin; sector < end; sector += sector_bytes) {
    if (fate == crash_fate::torn && (random.next() & 1) != 0) continue;
    std::memcpy(into.data() + sector, cached.data() + sector, std::min(sector_bytes, end - sector));
  }
}

void simulated_files::inode::crash(random_source& random, std::uint8_t bias) {
  if (dirty.empty() && cached.size() == durable.size()) return;
  std::uint64_t size = durable.size();
  if (cached.size() != size) {
    const std::uint64_t choice = random.next() % 3;
    if (choice == 1) size = cached.size();
    // A file that was growing may have got a part of its new size.
    if (choice == 2 && cached.size() > size) size += (cached.size() - size) * (random.next() % 256) / 256;
  }
  std::string after = durable;
  after.resize(size, '\0');
  for (const std::uint64_t page : dirty) {
    const auto draw = static_cast<std::uint8_t>(random.next());
    const bool torn = (random.next() & 7) == 0 && bias != 0 && bias != 255;
    const crash_fate fate = torn ? crash_fate::torn : (draw < bias || bias == 255) ? crash_fate::kept : crash_fate::lost;
    if (fate != crash_fate::lost) keep_page(page, fate, random, after);
  }
  durable = after;
  cached = std::move(after);
  dirty.clear();
}

}  // namespace weir::runtime
