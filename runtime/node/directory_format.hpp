// How the directory stands in the state of log 0: JSON, a key for each operator and topology. A part of directory.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/node/directory.hpp"

namespace weir::runtime {

inline constexpr std::uint16_t entries_state = 1;     ///< key() -> the entry as JSON.
inline constexpr std::uint16_t counters_state = 2;    ///< "next_log" -> decimal text.
inline constexpr std::uint16_t history_state = 4;     ///< key() / generation, in ten digits -> deployment as JSON.
inline constexpr std::uint16_t topologies_state = 3;  ///< A topology's name -> directory_topology as JSON.
inline constexpr std::uint16_t letters_state = 5;     ///< A log, in decimal -> its log_letters as JSON (dead_letters.hpp).

std::string entry_text(const directory_entry& e);
std::string topology_text(const directory_topology& t);
directory_entry read_entry(std::string_view text);  ///< Throws what the JSON library throws.
std::string deployment_text(const deployment& d);
deployment read_deployment(std::string_view text);        ///< The same.
directory_topology read_topology(std::string_view text);  ///< The same.

/// What the plan says of an operator's code, of which nothing was stored; without its version.
operator_code code_as_planned(const topology::planned_operator& op);
/// The entry that a plan's operator would have in an empty directory; `codes` as in directory_surroundings.
directory_entry describe_planned(const topology::planned_operator& op, const topology::plan& p, const std::map<std::string, operator_code>& codes);
directory_state declared(const topology::operator_metadata::state& s);

}  // namespace weir::runtime
