#include "runtime/operator/chain_member.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "topology/names.hpp"
#include "topology/operator_check.hpp"

namespace weir::runtime {

chain_member::chain_member(member_options of, std::uint32_t place)
    : options(std::move(of)), number(place), object(*options.info), committed_generation(options.generation) {
  const auto& declared = options.metadata;
  keys_bound = std::any_of(declared.istreams.begin(), declared.istreams.end(), [](const auto& i) { return i.grouping == WEIR_GROUPING_GROUP_BY; });
  for (std::size_t i = 0; keys_bound && i < declared.states.size(); ++i)
    if (declared.states[i].scope != WEIR_STATE_PARTITION) prefetched.push_back(options.state_ids[i]);
  outputs.resize(declared.ostreams.size() + (letters() ? 1 : 0));
  lent.resize(declared.ostreams.size());
  shares_.resize(lent.size());
  for (auto i = static_cast<std::uint32_t>(options.outputs.size()); i < outputs.size(); ++i) options.outputs.push_back(i);
  context.size = sizeof(weir_context);
  context.ostreams = lent.data();
  context.ostream_count = static_cast<std::uint32_t>(lent.size());
  context.start = options.start;
  context.manifest_directory = options.manifest_directory.c_str();
  context.owner = this;
}

void chain_member::lend_outputs() {
  for (std::size_t i = 0; i < lent.size(); ++i) {
    weir_batch& b = lent[i];
    b = outputs[i].lend();
    b.slot_capacity = std::max(b.count, std::min(b.slot_capacity, shares_[i].slots));
    b.byte_capacity = std::max(b.size, std::min(b.byte_capacity, shares_[i].bytes));
  }
}

void chain_member::take_back_outputs() {
  for (std::size_t i = 0; i < lent.size(); ++i) outputs[i].take_back(lent[i]);
}

/// The next frame is likely as large, so its batches have the room at once and do not grow by doubling; but no more than a step may fill, or each frame would
/// be larger than the one before: an operator learns that its step is spent when a batch is full.
void chain_member::hand_over_outputs(frame& f, std::uint64_t all, std::uint64_t target) {
  const auto part = [&](std::uint64_t n) { return static_cast<std::uint32_t>(all > target ? n * target / all : n); };
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (handed_over(i)) continue;
    const share s{part(outputs[i].count()), part(outputs[i].size())};
    if (i < shares_.size()) shares_[i] = all > target ? s : share{};
    if (f.outputs.size() <= options.outputs[i]) f.outputs.resize(options.outputs[i] + 1);
    f.outputs[options.outputs[i]] = std::move(outputs[i]);
    outputs[i] = record_batch{};
    outputs[i].reserve(s.slots + s.slots / 8, s.bytes + s.bytes / 8);  // A record that goes beyond the share costs no copy of those before it.
  }
}

void chain_member::drop_outputs() {
  for (record_batch& b : outputs) b.truncate(0, 0);
}

void chain_member::begin_attempt() {
  step_watermark = watermark;
  received = 0;
  counts = {};
}

void chain_member::count(const weir_input& given, std::uint32_t processed) noexcept {
  counts.records += processed;
  if (context.watermark == INT64_MIN) return;
  for (std::uint32_t i = 0; i < processed; ++i) {
    const std::uint32_t slot = given.selection != nullptr ? given.selection[i] : given.first + i;
    counts.late += given.slots[slot].time < context.watermark ? 1 : 0;
  }
}

void chain_member::commit() {
  watermark = step_watermark;
  committed_generation = options.generation;
  partition_counters& to = *options.counters;
  to.records_in.fetch_add(counts.records, std::memory_order_relaxed);
  to.late.fetch_add(counts.late, std::memory_order_relaxed);
  to.timers_fired.fetch_add(counts.timers, std::memory_order_relaxed);
  to.skipped.fetch_add(counts.skipped, std::memory_order_relaxed);
  to.dead_letters.fetch_add(counts.dead_letters, std::memory_order_relaxed);
  to.records_out.fetch_add(counts.handed_over + produced(), std::memory_order_relaxed);
}

std::uint64_t chain_member::kept_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!handed_over(i)) bytes += outputs[i].stored_size();
  return bytes;
}

std::uint64_t chain_member::lent_bytes() const noexcept {
  std::uint64_t bytes = 0;
  for (const weir_batch& b : lent) bytes += b.size + std::uint64_t{b.count} * sizeof(weir_slot);
  if (outputs.size() > lent.size()) bytes += outputs.back().stored_size();
  return bytes;
}

std::uint64_t chain_member::lent_records() const noexcept {
  std::uint64_t records = 0;
  for (const weir_batch& b : lent) records += b.count;
  return records;
}

std::uint64_t chain_member::produced() const noexcept {
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!handed_over(i)) records += outputs[i].count();
  return records;
}

bool chain_member::key_allowed(const weir_key& key, std::uint32_t state_scope) const noexcept {
  if (!keys_bound || state_scope == WEIR_STATE_PARTITION) return true;
  const weir_key& current = context.current_key;
  if (current.data == nullptr || current.size != key.size) return false;
  return current.data == key.data || std::equal(key.data, key.data + key.size, current.data);
}

std::string chain_member::unread_config() const {
  if (!options.metadata.config.empty()) return "";
  const std::vector<std::string> read(config_asked.begin(), config_asked.end());
  for (const auto& [name, value] : options.config) {
    if (config_asked.contains(name)) continue;
    const std::string known = read.empty() ? "; it reads none" : "; it reads " + topology::listed(read);
    return topology::fault_at(value.key, fmt::format("{} does not read the config key {}{}", topology::class_text(options.metadata), topology::quoted(name),
                                                     topology::suggestion(name, read, known)))
        .message;
  }
  return "";
}

void named_metrics::add(std::string_view name, std::int64_t by) {
  const std::lock_guard lock(mutex_);
  values_[std::string(name)] += by;
}

void named_metrics::set(std::string_view name, std::int64_t value) {
  const std::lock_guard lock(mutex_);
  values_[std::string(name)] = value;
}

std::map<std::string, std::int64_t, std::less<>> named_metrics::all() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

}  // namespace weir::runtime
