// Hand-made damage: a data directory as plain bytes, to be changed and recovered from as often as a test likes.
#pragma once

#include <cstring>
#include <map>
#include <string>

#include "runtime/log/segment.hpp"
#include "tests/log/journal_fixture.hpp"

namespace weir::runtime {

/// All files of a machine's data directory.
using disk_image = std::map<std::string, std::string>;

inline disk_image image_of(machine& m) {
  disk_image image;
  for (const char* pattern : {"/data/*", "/data/journal/*", "/data/snapshots/*"}) {
    const auto paths = m.disk.glob(pattern);
    for (const std::string& path : *paths) image[path] = m.disk.content(path);
  }
  return image;
}

inline void put_image(machine& m, const disk_image& image) {
  REQUIRE(m.disk.make_directory("/data/journal").ok());
  REQUIRE(m.disk.make_directory("/data/snapshots").ok());
  for (const auto& [path, bytes] : image) m.disk.put(path, bytes);
}

/// A frame or filler within a segment's bytes.
struct placed_frame {
  std::size_t offset = 0;
  frame_header header{};
};

/// Every frame and filler of a segment, front to back.
inline std::vector<placed_frame> frames_in(const std::string& segment) {
  std::vector<placed_frame> all;
  for (std::size_t at = segment_payload_offset; at + sizeof(frame_header) <= segment.size();) {
    const auto header = read_header(segment.data() + at, segment.size() - at);
    if (!header) break;
    all.push_back({at, *header});
    at += header->frame_bytes;
  }
  return all;
}

/// Puts a header with a right checksum of its own.
inline void put_header(std::string& segment, std::size_t offset, frame_header h) {
  complete_header(h);
  std::memcpy(segment.data() + offset, &h, sizeof h);
}

}  // namespace weir::runtime
