// docs/operators.md lists exactly the config keys that the standard operators declare, with their defaults.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "operators/count.cpp"        // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/dedup.cpp"        // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/file_sink.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/file_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/filter.cpp"       // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/generator.cpp"    // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/json_fields.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/map.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/max.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/mean.cpp"         // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/min.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/stdout_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/sum.cpp"          // NOLINT(bugprone-suspicious-include): an operator is one file
#include "operators/tcp_source.cpp"   // NOLINT(bugprone-suspicious-include): an operator is one file
#include "tests/operators/documented.hpp"

namespace standard = weir::operators;
using weir::test::declared;
using weir::test::defaults;
using weir::test::documented;

TEST_CASE("the documentation lists every config key with its default, and no other", "[operators][docs]") {
  auto docs = documented();
  CHECK(docs.erase("postgres-sink") == 1);  // Compared where it is built.
  CHECK(docs == std::map<std::string, defaults>{{"dedup", declared(standard::dedup())},
                                                {"file-sink", declared(standard::file_sink())},
                                                {"file-source", declared(standard::file_source())},
                                                {"filter", declared(standard::filter())},
                                                {"generator", declared(standard::generator())},
                                                {"json-fields", declared(standard::json_fields())},
                                                {"map", declared(standard::map())},
                                                {"max", declared(standard::max())},
                                                {"mean", declared(standard::mean())},
                                                {"min", declared(standard::min())},
                                                {"stdout-sink", declared(standard::stdout_sink())},
                                                {"sum", declared(standard::sum())},
                                                {"tcp-source", declared(standard::tcp_source())}});
}
