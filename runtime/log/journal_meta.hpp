// What a data directory is: DIR/meta, a few lines of text with a checksum, written once when the directory is made. Reading it decides whether this weir may
// touch the directory at all. One thread at a time; blocks on files.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/seam/files.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

struct journal_meta {
  std::uint64_t journal_id = 0;     ///< Random; in every frame, segment and snapshot.
  std::uint64_t segment_bytes = 0;  ///< An address means nothing without it.
};

enum class data_directory_state : std::uint8_t {
  empty,       ///< Nothing there, or nothing but what a creation left that was interrupted: may be made.
  unfinished,  ///< The same, with files of that creation in it.
  made,        ///< Has its meta.
};

/// What is there. error_code::refused where the directory holds other things and no meta: it is somebody else's.
result<data_directory_state> look_at_data_directory(files& fs, const std::string& directory);

/// error_code::refused for a newer format, error_code::corrupt where the text is damaged.
result<journal_meta> read_meta(files& fs, const std::string& directory);

/// Creation in two steps, so that a crash at any point leaves either a directory that is recognised as unfinished or a whole one: begin, make the first
/// segment, finish.
result<void> begin_meta(files& fs, const std::string& directory, const journal_meta& meta);
result<void> finish_meta(files& fs, const std::string& directory);

}  // namespace weir::runtime
