// The durable frames of the detector's partitions, as its data directory holds them, read from outside.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "runtime/log/inspect.hpp"
#include "tests/redeploy/sequence.hpp"

namespace weir::test {

struct detector_frame {
  std::uint64_t lsn = 0;
  std::uint64_t sequence = 0;
  std::uint64_t epoch = 0;
  std::uint64_t digest = 0;  ///< Differs where anything in the frame does.
  std::uint32_t generation = 0;
  std::map<std::string, std::vector<detected>> records;  ///< By key, in order.
};

using detector_frames = std::map<std::uint64_t, std::vector<detector_frame>>;  ///< By log, in the order of their LSN.

/// Those that the journal still holds, of these logs.
inline detector_frames read_detector_frames(const std::filesystem::path& data, const std::vector<std::uint64_t>& logs) {
  detector_frames all;
  const auto files = runtime::make_system_files();
  for (const std::uint64_t log : logs) {
    const auto read = runtime::inspect_data(*files, data.string(), {.log = log}, [&](const runtime::inspected_frame& f) {
      detector_frame is{f.header.lsn, f.header.sequence, f.header.epoch, runtime::frame_digest(f.header), f.header.generation, {}};
      for (const auto& output : f.content->outputs) {
        for (std::uint32_t i = 0; i < output.count(); ++i) {
          detected d{};
          REQUIRE(output.at(i).value.size() == sizeof d);
          std::memcpy(&d, output.at(i).value.data(), sizeof d);
          is.records[std::string(output.at(i).key)].push_back(d);
        }
      }
      all[log].push_back(std::move(is));
      return true;
    });
    INFO((read ? "" : read.why().message));
    REQUIRE(read);
  }
  return all;
}

}  // namespace weir::test
