// Limits and defaults of manifests, in one place. docs/defaults.md lists them for users; a test compares the two.
// Constants; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::topology {

inline constexpr int manifest_version = 1;

// Limits: what lies beyond them is refused with the place, never cut off.
inline constexpr std::size_t manifest_bytes_max = 1048576;           ///< Of the file.
inline constexpr std::size_t manifest_expanded_bytes_max = 4194304;  ///< Of all texts after ${...} and aliases.
inline constexpr std::size_t manifest_nodes_max = 100000;            ///< Scalars, lists and maps, aliases counted as what they stand for.
inline constexpr std::size_t manifest_depth_max = 32;                ///< Lists and maps within each other.
inline constexpr std::size_t name_bytes_max = 100;                   ///< Of a topology, an operator, an istream or an ostream.
inline constexpr std::size_t stream_name_bytes_max = 255;            ///< Leaves room for <topology>.<operator>.dead-letters.
inline constexpr std::uint32_t parallelism_max = 4096;
inline constexpr int cpu_max = 1023;                    ///< The kernel's cpu_set_t has 1,024 bits.
inline constexpr std::size_t operators_max = 4096;      ///< Of a node.
inline constexpr std::size_t partitions_max = 65536;    ///< Of a node: an actor and a log each.
inline constexpr std::size_t chain_operators_max = 64;  ///< Of a chain: they share each step and each frame.
inline constexpr std::size_t chain_streams_max = 4096;  ///< Of a chain, dead letters included: what a frame can hold.

// Defaults: what a key means when it is not written.
inline constexpr std::uint32_t parallelism_default = 1;
inline constexpr std::int64_t retain_ns_default = 0;
inline constexpr bool lz4_default = false;
inline constexpr bool persist_default = true;
inline constexpr bool external_default = false;
inline constexpr std::uint32_t external_partitions_default = 1;

}  // namespace weir::topology
