// Standard input, output and error, and what happens where they cannot be used. Any thread may tell; the rest is for the main one.
#pragma once

#include <string_view>

namespace weir::cli {

/// Opens those that the process was started without. Else the next file that it opens, such as a segment of the journal, took the place of one of them, and
/// messages went into it. Once, before any other file is opened.
void open_standard_streams();

/// Writes to standard error. What cannot be written there is lost, and nothing besides: a full disk below the file of messages stops no operator.
void tell(std::string_view text) noexcept;

/// Writes out what was printed so far. Throws std::system_error where standard output cannot take it.
void flush_output();

/// Whoever reads standard output may have gone while there was nothing to be written.
bool output_is_open();

}  // namespace weir::cli
