#include "runtime/log/log_image.hpp"

namespace weir::runtime {

void log_head::apply_head(const frame& f) {
  log = f.log;
  lsn = f.lsn;
  digest = f.digest;
  epoch = f.epoch;
  generation = f.generation;
  watermark = f.watermark;
  idle = f.idle;
  ended = f.ended;
  members = f.members;
  for (const input_position& p : f.positions) inputs[p.log] = p;
}

void log_head::apply_head(const log_head& later) {
  std::map<std::uint64_t, input_position> merged = later.inputs;
  merged.merge(inputs);  // Keeps the later position where both have one.
  *this = later;
  inputs = std::move(merged);
}

void log_image::apply(const frame& f) {
  apply_head(f);
  for (std::uint32_t i = 0; i < f.states.count(); ++i) states.apply(f.states.at(i));
  for (std::uint32_t i = 0; i < f.timers.count(); ++i) timers.apply(f.timers.at(i));
}

}  // namespace weir::runtime
