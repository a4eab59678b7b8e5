// What tests share about frames: the bytes that a journal would write, and parsing from a copy of them.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/log/frame.hpp"

namespace weir::runtime {

inline std::string stored(const frame& f, std::uint64_t epoch = 1) {
  frame_header h = f.header();
  h.epoch = epoch;
  complete_header(h);
  std::string bytes(reinterpret_cast<const char*>(&h), sizeof h);
  for (std::string_view piece : f.pieces()) bytes.append(piece);
  bytes.resize(h.frame_bytes);
  return bytes;
}

inline result<frame_ptr> parsed(std::string_view bytes) {
  auto memory = std::make_unique_for_overwrite<char[]>(std::max<std::size_t>(bytes.size(), 1));
  if (!bytes.empty()) std::memcpy(memory.get(), bytes.data(), bytes.size());
  return frame::parse(std::move(memory), bytes.size());
}

}  // namespace weir::runtime
