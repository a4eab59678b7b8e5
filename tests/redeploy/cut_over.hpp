// What the journal tells, from outside, of how a generation of an operator took over from the one before. Segments that nobody needs any more are gone, and
// with them what they told: then it is as if nothing had been seen.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "runtime/log/inspect.hpp"
#include "runtime/node/directory_format.hpp"

namespace weir::test {

struct cut_over {
  bool decided = false;    ///< The node's own log says that the generation is the operator's.
  bool has_frame = false;  ///< Some partition has made a frame of it durable.
  /// Of the partitions, the most records in a last frame of the code before that came behind the decision. A frame is what a step did, and its output is as
  /// many records as it took in: so large a step was running when the code was to change, and the change waited for its end.
  std::uint64_t running_step_records = 0;
};

inline cut_over look_at_cut_over(const std::filesystem::path& data, const std::string& key, std::uint32_t generation) {
  cut_over found;
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::map<std::uint64_t, std::uint64_t> last_records;  // By log, of the code before.
  const auto look = [&](const runtime::inspected_frame& f) {
    const auto& frame = *f.content;
    if (f.header.log == 0 && !found.decided) {
      for (std::uint32_t i = 0; i < frame.states.count(); ++i) {
        const runtime::change c = frame.states.at(i);
        if (c.id != runtime::entries_state || c.removed || c.key != key) continue;
        const runtime::directory_entry entry = runtime::read_entry(c.value);
        found.decided = entry.generation == generation;
        first = entry.first_log;
        end = first + entry.parallelism;
      }
    } else if (found.decided && f.header.log >= first && f.header.log < end) {
      std::uint64_t records = 0;
      for (const auto& output : frame.outputs) records += output.count();
      if (f.header.generation < generation) last_records[f.header.log] = records;
      found.has_frame = found.has_frame || f.header.generation == generation;
    }
    return true;
  };
  const auto files = runtime::make_system_files();
  const auto read = runtime::inspect_data(*files, data.string(), {}, look);
  INFO((read ? "" : read.why().message));
  REQUIRE(read);
  for (const auto& [log, records] : last_records) found.running_step_records = std::max(found.running_step_records, records);
  return found;
}

}  // namespace weir::test
