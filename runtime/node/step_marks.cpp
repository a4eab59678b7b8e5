#include "runtime/node/step_marks.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace weir::runtime {

namespace {

constexpr std::uint64_t magic = 0x70657473'72696577;  ///< "weirstep" in the file; another format has another one.
constexpr std::size_t slots_max = 1'023;              ///< Partitions beyond it run unmarked.
constexpr auto relaxed = std::memory_order_relaxed;

std::int64_t realtime_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

struct alignas(64) step_marks::header {
  std::uint64_t magic = 0;
  std::int64_t began_ns = 0;  ///< Realtime.
  std::atomic<std::uint32_t> ended_well{0};
};

struct step_marks::mapping {
  step_marks::header head;
  std::array<step_slot, slots_max> slots;
};

result<void> step_marks::open() {
  const auto failed = [this](const char* what) {
    return error{error_code::failed,
                 fmt::format("{} cannot be {}: {}; whose code a crash was in will not be known", path_, what, std::generic_category().message(errno))};
  };
  const int file = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return failed("opened");
  const off_t size = ::lseek(file, 0, SEEK_END);
  // Its blocks are there before it is mapped: on a full disk a store would end the process.
  const int refused = ::posix_fallocate(file, 0, sizeof(mapping));
  void* const at = refused == 0 ? ::mmap(nullptr, sizeof(mapping), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                                : MAP_FAILED;  // NOLINT(cppcoreguidelines-pro-type-cstyle-cast)
  ::close(file);
  if (refused != 0) errno = refused;
  if (at == MAP_FAILED) return failed("mapped");  // NOLINT(cppcoreguidelines-pro-type-cstyle-cast)
  mapped_ = static_cast<mapping*>(at);
  header& head = mapped_->head;
  if (size == static_cast<off_t>(sizeof(mapping)) && head.magic == magic) {
    ended_well_ = head.ended_well.load(relaxed) != 0;
    for (step_slot& s : mapped_->slots) {
      if (ended_well_ || s.log.load(relaxed) == 0 || s.running.load(relaxed) == 0) continue;
      s.who.back() = 0;
      step_death d{.log = s.log.load(relaxed), .who = s.who.data(), .cause = s.cause.load(relaxed), .place = s.place.load(relaxed)};
      d.record = {s.input_log.load(relaxed), s.lsn.load(relaxed), s.index.load(relaxed)};
      if (d.cause != 0) d.lived_ns = std::max<std::int64_t>(1, s.died_ns.load(relaxed) - head.began_ns);
      deaths_.push_back(std::move(d));
    }
  }
  std::memset(at, 0, sizeof(mapping));
  head.magic = magic;
  head.began_ns = realtime_ns();
  return {};
}

step_marks::~step_marks() {
  if (mapped_ == nullptr) return;
  forgive();
  ::munmap(mapped_, sizeof(mapping));
}

void step_marks::forgive() noexcept {
  if (mapped_ != nullptr) mapped_->head.ended_well.store(1, relaxed);
}

step_slot* step_marks::take(std::uint64_t log) noexcept {
  if (mapped_ == nullptr) return nullptr;
  const auto free = std::find_if(mapped_->slots.begin(), mapped_->slots.end(), [](const step_slot& s) { return s.log.load(relaxed) == 0; });
  if (free == mapped_->slots.end()) return nullptr;
  free->running.store(0, relaxed);
  free->log.store(log, relaxed);
  return &*free;
}

void step_marks::give_back(std::uint64_t log) noexcept {
  if (mapped_ == nullptr) return;
  for (step_slot& s : mapped_->slots)
    if (s.log.load(relaxed) == log) s.log.store(0, relaxed);
}

}  // namespace weir::runtime
