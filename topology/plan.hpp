// manifest -> graph -> plan: streams with their producers and subscribers, and every operator partition's CPU. Plain data; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "topology/manifest.hpp"
#include "topology/names.hpp"
#include "topology/result.hpp"

namespace weir::topology {

/// What an operator's class declares, copied out of its module (see weir_metadata_info).
struct operator_metadata {
  struct istream {
    std::string name;
    std::uint32_t grouping = 0;
  };
  struct state {
    std::string name;
    std::uint32_t version = 1;
    std::uint32_t scope = 0;
    std::uint32_t value = 0;
    std::uint32_t value_size = 0;
    std::string schema = {};
    /// Another version, for which the class has a conversion.
    struct former {
      std::uint32_t version = 1;
      std::uint32_t value = 0;
      std::uint32_t value_size = 0;
      std::string schema = {};
    };
    std::vector<former> formers = {};  ///< Their values become this version's.
    std::vector<former> targets = {};  ///< This version's values become theirs, for going back.
  };
  struct config_key {
    std::string name;
    std::uint32_t type = 0;
    bool required = false;
    std::string otherwise;
    std::string help;
  };
  std::string class_name;
  std::string name;
  std::string version;
  std::vector<istream> istreams;
  std::vector<std::string> ostreams;
  std::vector<state> states;
  std::uint32_t delivery = 0;
  bool blocking = false;
  bool polls = false;
  std::vector<config_key> config;
};

/// Finds what an operator entry names; the runtime implements it with its module loader. The error's message is complete but for the place.
using metadata_lookup = std::function<result<operator_metadata>(const operator_entry&)>;

struct planned_stream {
  std::string name;
  std::size_t producer = 0;   ///< Index into plan::operators.
  std::uint32_t ostream = 0;  ///< Index into its ostreams; the number of ostreams for dead letters.
  bool lz4 = lz4_default;
  std::int64_t retain_ns = retain_ns_default;
  bool inlined = false;      ///< Handed over in memory to its one subscriber; has no log.
  std::uint32_t output = 0;  ///< Its number among the outputs of a frame of its chain; meaningless where it is inlined.
  struct subscriber {
    std::size_t op = 0;
    std::uint16_t istream = 0;
  };
  std::vector<subscriber> subscribers;  ///< By operator, then istream.
};

struct planned_operator {
  std::string topology;
  std::string manifest_directory;
  operator_entry entry;
  operator_metadata metadata;
  std::vector<std::size_t> inputs;   ///< Per istream of the class: index into plan::streams.
  std::vector<std::size_t> outputs;  ///< Per ostream of the class: index into plan::streams; one more for dead letters where on_error is dead_letter.
  std::vector<int> cpus;             ///< Per partition: the CPU number its core is pinned to.
  std::size_t head = 0;              ///< Index of the operator at the head of its chain, whose log has its records; itself where nothing is inlined into it.
  /// Of a head: the chain's operators, itself first, those behind each inlined ostream in the order of the ostreams: the same however the manifest is
  /// arranged, since outputs of frames and states are numbered by it. Else empty.
  std::vector<std::size_t> chain;

  std::string key() const { return topology + "/" + entry.name; }
};

struct plan {
  std::vector<planned_operator> operators;  ///< In topological order: producers first; as written where that leaves a choice.
  std::vector<planned_stream> streams;      ///< By producer, then ostream.
  std::vector<int> cores;                   ///< CPU numbers in use, ascending.
};

/// Checks the manifests as one node's graph and places partitions on `cores` (CPU numbers the node may use): partition i of every operator on cores[i mod n],
/// so that same-index partitions of neighbours share a core, unless `pin` says otherwise: then on pin[i mod pin.size()], one of `cores`. Refuses what
/// docs/manifest.md names, each with file:line:column and the nearest known name. Calls `lookup` once per operator, in the order of the manifests.
result<plan> make_plan(std::span<const manifest> manifests, const metadata_lookup& lookup, std::span<const int> cores);

/// The stream of an operator's dead letters: <topology>.<operator>.dead-letters.
std::string dead_letters_name(const std::string& topology, const std::string& op);

/// "shuffle", "group_by", "local" or "broadcast".
const char* grouping_name(std::uint32_t grouping) noexcept;

/// The operators, streams, partitions and placement of a plan, for people; and as graphs. All end with a newline; linear. Config values are left out of all of
/// them: they may be private.
std::string draw_text(const plan& p);     ///< Aligned text, UTF-8, for a terminal.
std::string draw_dot(const plan& p);      ///< Graphviz.
std::string draw_mermaid(const plan& p);  ///< A Mermaid flowchart.
std::string draw_json(const plan& p);     ///< One object: cores, operators, streams.

}  // namespace weir::topology
