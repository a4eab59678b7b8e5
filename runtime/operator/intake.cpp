#include "runtime/operator/intake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "runtime/log/record_batch.hpp"

namespace weir::runtime {

namespace {

error not_now(std::string why) { return {error_code::unreachable, std::move(why)}; }

}  // namespace

/// As group_by chooses, so that records of one key stay together; those without a key follow their producer, so that they stay in order.
publication::publication(publish_batch of, const slot_table& table, std::uint32_t keyless_partition)
    : batch(std::move(of)), parts_(table.partitions()), bytes_(table.partitions()) {
  const std::uint32_t keyless = batch.producer.empty() ? keyless_partition : table.partition_of(key_hash(batch.producer));
  for (std::uint32_t i = 0; i < batch.records.size(); ++i) {
    const publish_record& r = batch.records[i];
    const std::uint32_t partition = r.key_begin == r.key_end ? keyless : table.partition_of(key_hash(batch.key(r)));
    parts_[partition].push_back(i);
    bytes_[partition] += sizeof r + (r.key_end - r.key_begin) + (r.value_end - r.value_begin);
  }
  parts_left_ = static_cast<std::size_t>(std::count_if(parts_.begin(), parts_.end(), [](const auto& part) { return !part.empty(); }));
}

intake::intake(std::string stream, std::uint32_t partitions, publish_limits limits) : stream_(std::move(stream)), limits_(limits), table_(partitions) {
  for (std::uint32_t i = 0; i < partitions; ++i) lanes_.emplace_back(limits_.producers_max);
}

std::shared_ptr<publication> intake::prepare(publish_batch batch) {
  std::uint32_t keyless = 0;
  {
    const std::lock_guard lock(mutex_);
    keyless = next_keyless_++ % static_cast<std::uint32_t>(lanes_.size());
  }
  return std::make_shared<publication>(std::move(batch), table_, keyless);
}

std::uint64_t intake::number_of(const std::string& producer) const {
  std::uint64_t highest = 0;
  for (const lane& l : lanes_) highest = std::max(highest, l.known.number_of(producer));
  return highest;
}

result<bool> intake::offer(const std::shared_ptr<publication>& what, std::string& why_not) {
  const publish_batch& batch = what->batch;
  const std::vector<std::uint64_t>& costs = what->bytes_;
  const std::lock_guard lock(mutex_);
  const auto later = [&](std::string why) {
    why_not = std::move(why);
    return false;
  };
  if (!closed_.empty()) return not_now(closed_);
  if (std::any_of(lanes_.begin(), lanes_.end(), [](const lane& l) { return !l.attached; }))
    return later(fmt::format("external stream '{}' is not taking records right now", stream_));
  if (const std::uint64_t known = batch.producer.empty() ? 0 : number_of(batch.producer); !batch.producer.empty() && batch.first > known + 1)
    return error{error_code::refused,
                 fmt::format("producer '{}' goes on with number {}, but the last one that stream '{}' knows of it is {}; send those between first, or "
                             "begin with 1 under another name",
                             batch.producer, batch.first, stream_, known)};
  for (std::uint32_t p = 0; p < lanes_.size(); ++p)
    if (!what->parts_[p].empty() && lanes_[p].bytes != 0 && lanes_[p].bytes + costs[p] > limits_.waiting_bytes_max)
      return later(fmt::format("external stream '{}' takes no more for now: what was published waits to become durable", stream_));
  for (std::uint32_t p = 0; p < lanes_.size(); ++p) {
    if (what->parts_[p].empty()) continue;
    lanes_[p].waiting.push_back({what, lanes_[p].next_token++, costs[p]});
    lanes_[p].bytes += costs[p];
    lanes_[p].wakes.wake();
  }
  return true;
}

bool intake::done(const publication& what) const {
  const std::lock_guard lock(mutex_);
  return what.parts_left_ == 0 || !what.failed_.empty() || !closed_.empty();
}

result<std::uint64_t> intake::repeated(const publication& what) const {
  const std::lock_guard lock(mutex_);
  if (!what.failed_.empty()) return not_now(what.failed_);
  if (what.parts_left_ != 0) return not_now(closed_.empty() ? "what was published is not durable yet" : closed_);
  return what.repeated_;
}

bool intake::failed(const publication& what) const {
  const std::lock_guard lock(mutex_);
  return !what.failed_.empty() && closed_.empty();
}

bool intake::wait(std::int64_t nanoseconds, const std::function<bool()>& so) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(std::max<std::int64_t>(0, nanoseconds));
  for (;;) {
    // What changes after `so` was asked must not be missed, and `so` locks: the number of changes tells.
    std::unique_lock lock(mutex_);
    const std::uint64_t seen = changes_;
    lock.unlock();
    if (so()) return true;
    lock.lock();
    if (!changed_.wait_until(lock, until, [&] { return changes_ != seen; })) return false;
  }
}

void intake::changed() {
  ++changes_;
  changed_.notify_all();
}

void intake::close(const std::string& why) {
  const std::lock_guard lock(mutex_);
  closed_ = why;
  changed();
}

void intake::attach(std::uint32_t partition, weir::waker wakes, producer_book known) {
  const std::lock_guard lock(mutex_);
  lane& l = lanes_[partition];
  l.attached = true;
  l.wakes = std::move(wakes);
  l.known = std::move(known);
  const std::size_t given = l.taken + (l.begun > 0 ? 1 : 0);
  std::deque<waiting_part> again;
  for (std::size_t i = 0; i < l.waiting.size(); ++i) {
    waiting_part& part = l.waiting[i];
    if (i >= given || !part.of->batch.producer.empty()) {
      again.push_back(std::move(part));
      continue;
    }
    part.of->failed_ = fmt::format("external stream '{}' had to begin again, and records without numbers may or may not have been taken", stream_);
    l.bytes -= part.bytes;
  }
  l.waiting = std::move(again);
  l.taken = l.begun = 0;
  changed();
}

void intake::detach(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  lane& l = lanes_[partition];
  l.attached = false;
  l.wakes = {};
  for (const waiting_part& part : l.waiting) part.of->failed_ = fmt::format("external stream '{}' was stopped", stream_);
  l.waiting.clear();
  l.bytes = l.taken = l.begun = 0;
  changed();
}

intake::portion intake::next(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const lane& l = lanes_[partition];
  if (l.taken == l.waiting.size()) return {};
  const auto& what = l.waiting[l.taken].of;
  return {what, &what->parts_[partition], l.begun};
}

std::uint64_t intake::take(std::uint32_t partition, std::size_t end, std::uint64_t repeated) {
  const std::lock_guard lock(mutex_);
  lane& l = lanes_[partition];
  waiting_part& part = l.waiting[l.taken];
  part.of->repeated_ += repeated;
  l.begun = end;
  if (end < part.of->parts_[partition].size()) return 0;
  ++l.taken;
  l.begun = 0;
  return part.token;
}

std::optional<std::string> intake::note(std::uint32_t partition, std::string_view producer, std::uint64_t number, std::int64_t heard_ns) {
  const std::lock_guard lock(mutex_);
  return lanes_[partition].known.note(producer, number, heard_ns);
}

void intake::durable(std::uint32_t partition, std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  lane& l = lanes_[partition];
  // What came before it in the log is durable too.
  while (!l.waiting.empty() && l.waiting.front().token <= token) {
    --l.waiting.front().of->parts_left_;
    l.bytes -= l.waiting.front().bytes;
    l.waiting.pop_front();
    // An object that was made anew may have it before it again.
    if (l.taken > 0)
      --l.taken;
    else
      l.begun = 0;
  }
  changed();
}

}  // namespace weir::runtime
