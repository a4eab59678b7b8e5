#include "topology/defaults.hpp"

#include <catch2/catch.hpp>
#include <weir/metadata.hpp>

#include "documented_defaults.hpp"
#include "manifests.hpp"
#include "topology/quantities.hpp"

namespace weir::topology::test {

TEST_CASE("the documented defaults of a manifest are those of the code", "[topology][defaults]") {
  auto m = parse(with_streams("  s:\n"));
  REQUIRE(m);
  const auto& op = m->operators[0];
  const auto& stream = m->streams.at("s");
  REQUIRE(op.pin.empty());
  std::map<std::string, std::string> expected{
      {"parallelism", std::to_string(op.parallelism)},
      {"on_error", error_policy_name(op.on_error)},
      {"pin", "none"},
      {"retain", duration_text(stream.retain_ns)},
      {"persist", stream.persist ? "true" : "false"},
      {"external", stream.external ? "true" : "false"},
      {"partitions", std::to_string(stream.partitions)},
      {"compress", stream.lz4 ? "lz4" : "none"},
      {"from", start_point_name(istream_binding{}.from)},
      {"grouping", grouping_name(static_cast<std::uint32_t>(weir::istream("a").grouping))},
  };
  CHECK(as_lines(documented_defaults("Manifest")) == as_lines(expected));
}

TEST_CASE("the documented limits of a manifest are those of the code", "[topology][defaults]") {
  std::map<std::string, std::string> expected{
      {"manifest_bytes_max", size_in_words(manifest_bytes_max)},
      {"manifest_expanded_bytes_max", size_in_words(manifest_expanded_bytes_max)},
      {"manifest_nodes_max", std::to_string(manifest_nodes_max)},
      {"manifest_depth_max", std::to_string(manifest_depth_max)},
      {"name_bytes_max", size_in_words(name_bytes_max)},
      {"stream_name_bytes_max", size_in_words(stream_name_bytes_max)},
      {"parallelism_max", std::to_string(parallelism_max)},
      {"cpu_max", std::to_string(cpu_max)},
      {"operators_max", std::to_string(operators_max)},
      {"partitions_max", std::to_string(partitions_max)},
      {"chain_operators_max", std::to_string(chain_operators_max)},
      {"chain_streams_max", std::to_string(chain_streams_max)},
  };
  CHECK(as_lines(documented_defaults("Limits")) == as_lines(expected));
}

}  // namespace weir::topology::test
