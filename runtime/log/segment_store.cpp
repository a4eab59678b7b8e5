#include "runtime/log/segment_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/log/segment_buffer.hpp"

namespace weir::runtime {

segment_store::segment_store(files& fs, const std::string& data_directory, std::uint64_t journal_id, std::uint64_t segment_bytes)
    : files_(fs), directory_(journal_directory(data_directory)), journal_id_(journal_id), segment_bytes_(segment_bytes) {}

std::string segment_store::path_of(std::uint64_t number) const { return directory_ + "/" + segment_name(number); }

void segment_store::count() noexcept {
  free_count_.store(free_.size(), std::memory_order_relaxed);
  spare_count_.store(spares_.size(), std::memory_order_relaxed);
}

result<std::vector<std::uint64_t>> segment_store::list() {
  std::lock_guard lock(mutex_);
  // The names that a killed process left may be in the cache only; what is done to a file from here on must not meet an older name after a power cut.
  if (auto synced = files_.sync_directory(directory_); !synced) return synced.why();
  auto names = files_.list(directory_);
  if (!names) return names.why();
  std::vector<std::uint64_t> numbers;
  free_.clear();
  for (const std::string& name : *names) {
    if (const auto number = segment_number(name, segment_suffix)) numbers.push_back(*number);
    if (segment_number(name, free_segment_suffix)) free_.push_back(directory_ + "/" + name);
    if (segment_number(name, unfinished_segment_suffix)) {
      if (auto removed = files_.remove(directory_ + "/" + name); !removed) return removed.why();
    }
  }
  if (!numbers.empty()) newest_.store(std::max(newest(), numbers.back()), std::memory_order_relaxed);
  count();
  return numbers;
}

result<segment_ptr> segment_store::open(std::uint64_t number) {
  auto s = std::make_shared<segment>();
  s->number = number;
  s->path = path_of(number);
  auto opened = files_.open(s->path, open_mode::direct);
  if (!opened) return opened.why();
  s->file = std::move(*opened);
  aligned_buffer block(block_bytes);
  auto got = s->file->read(0, block.data(), block_bytes);
  if (!got) return got.why();
  std::memset(block.data() + *got, 0, block_bytes - *got);
  if (auto wrong = check_segment_header(block.data(), journal_id_, number, segment_bytes_, s->path)) return *wrong;
  segment_header header;
  std::memcpy(&header, block.data(), sizeof header);
  s->recycled = (header.flags & recycled_segment) != 0;
  return s;
}

result<void> segment_store::write_header(file& to, std::uint64_t number, bool recycled) {
  aligned_buffer block(block_bytes);
  std::memset(block.data(), 0, block_bytes);
  const segment_header header = make_segment_header(journal_id_, number, segment_bytes_, recycled);
  std::memcpy(block.data(), &header, sizeof header);
  return to.write_durable(0, {block.data(), block_bytes});
}

result<void> segment_store::fill_with_zeros(file& to) {
  const std::uint64_t piece = std::min<std::uint64_t>(segment_bytes_, 1u << 20);
  aligned_buffer zeros(piece);
  std::memset(zeros.data(), 0, piece);
  for (std::uint64_t offset = 0; offset < segment_bytes_; offset += piece) {
    auto written = to.write(offset, {zeros.data(), std::min(piece, segment_bytes_ - offset)});
    if (!written) return written;
  }
  return to.sync();
}

result<void> segment_store::make_new(const std::string& path, std::uint64_t number) {
  {
    auto made = files_.open(path, open_mode::write);
    if (!made) return made.why();
  }
  auto direct = files_.open(path, open_mode::direct);
  if (!direct) return direct.why();
  if (auto filled = fill_with_zeros(**direct); !filled) return filled;
  return write_header(**direct, number, false);
}

void segment_store::adopt_spare(segment_ptr spare) {
  std::lock_guard lock(mutex_);
  spares_.push_back(std::move(spare));
  count();
}

result<segment_ptr> segment_store::take(std::uint64_t number) {
  std::lock_guard lock(mutex_);
  if (!spares_.empty() && spares_.front()->number == number) {
    segment_ptr spare = std::move(spares_.front());
    spares_.pop_front();
    count();
    return spare;
  }
  return make(number);
}

result<void> segment_store::make_spare(std::uint64_t number) {
  std::lock_guard lock(mutex_);
  // The journal may have taken it meanwhile, before anything in it is durable.
  if (number <= newest()) return {};
  auto made = make(number);
  if (!made) return made.why();
  spares_.push_back(std::move(*made));
  count();
  return {};
}

result<segment_ptr> segment_store::make(std::uint64_t number) {
  std::string from;
  if (!free_.empty()) {
    from = free_.back();
    free_.pop_back();
    count();
    auto direct = files_.open(from, open_mode::direct);
    if (!direct) return direct.why();
    auto size = (*direct)->size();
    if (!size) return size.why();
    // A free file cut short by somebody is filled anew; else its blocks are written already, which is the point of keeping it.
    if (*size < segment_bytes_) {
      if (auto filled = fill_with_zeros(**direct); !filled) return filled.why();
    }
    if (auto written = write_header(**direct, number, *size >= segment_bytes_); !written) return written.why();
  } else {
    from = fmt::format("{}/{:016}{}", directory_, number, unfinished_segment_suffix);
    if (auto made = make_new(from, number); !made) {
      const error& why = made.why();
      if (why.code != error_code::no_space || !files_.exists(from)) return why;
      if (auto removed = files_.remove(from); !removed) return removed.why();
      return why;
    }
  }
  if (auto renamed = files_.rename(from, path_of(number)); !renamed) return renamed.why();
  if (auto synced = files_.sync_directory(directory_); !synced) return synced.why();
  newest_.store(number, std::memory_order_relaxed);
  return open(number);
}

result<void> segment_store::release(std::uint64_t number, std::uint64_t keep) {
  std::lock_guard lock(mutex_);
  const std::string path = path_of(number);
  if (free_.size() >= keep) {
    if (auto removed = files_.remove(path); !removed) return removed;
    return files_.sync_directory(directory_);
  }
  const std::string free = fmt::format("{}/{:016}{}", directory_, number, free_segment_suffix);
  if (auto renamed = files_.rename(path, free); !renamed) return renamed;
  if (auto synced = files_.sync_directory(directory_); !synced) return synced;
  free_.push_back(free);
  count();
  return {};
}

}  // namespace weir::runtime
