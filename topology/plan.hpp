// manifest -> graph -> plan: streams with their producers and subscribers, and every operator partition's core. Plain data.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "topology/manifest.hpp"
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
  bool lz4 = false;
  std::int64_t retain_ns = 0;
  struct subscriber {
    std::size_t op = 0;
    std::uint16_t istream = 0;
  };
  std::vector<subscriber> subscribers;
};

struct planned_operator {
  std::string topology;
  std::string manifest_directory;
  operator_entry entry;
  operator_metadata metadata;
  std::vector<std::size_t> inputs;   ///< Per istream: index into plan::streams.
  std::vector<std::size_t> outputs;  ///< Per ostream: index into plan::streams; one more for dead letters where on_error is dead_letter.
  std::vector<int> cpus;             ///< Per partition: the CPU number its core is pinned to.
};

struct plan {
  std::vector<planned_operator> operators;  ///< In topological order: producers first.
  std::vector<planned_stream> streams;
  std::vector<int> cores;  ///< CPU numbers in use, ascending.
};

/// Checks the manifests as one node's graph and places partitions on `cores` (CPU numbers the node may use): partition i of every operator on cores[i mod n]
/// unless `pin` says otherwise. Refuses what surface.md's manifest section names, each with file:line:column and the nearest known name.
result<plan> make_plan(std::span<const manifest> manifests, const metadata_lookup& lookup, std::span<const int> cores);

/// The operators, streams, partitions and placement of a plan, for people; and as graphs.
std::string draw_text(const plan& p);
std::string draw_dot(const plan& p);
std::string draw_mermaid(const plan& p);
std::string draw_json(const plan& p);

/// The known name nearest to a mistyped one (edit distance), or "" where none is near.
std::string nearest_name(const std::string& name, std::span<const std::string> known);

}  // namespace weir::topology
