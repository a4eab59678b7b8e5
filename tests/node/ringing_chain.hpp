// A chain of two operators, both of which make dead letters: `ringing` in a timer, `reader` below it at every record until `up_at` (milliseconds).
#pragma once

#include "tests/node/lone_node.hpp"

namespace weir::node_test {

inline void start_ringing_chain(lone_node& n, int up_at) {
  REQUIRE(n.serve() == "");
  REQUIRE_FALSE(n.submit("t",
                         "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 4}}\n"
                         "  - {name: ringing, artifact: $MODULE, class: ringing, on_error: dead_letter, with: {throws_at: '2'}}\n"
                         "  - {name: reader, artifact: $MODULE, class: broken_inlined, istreams: {numbers: rings}, on_error: dead_letter, with: {up_at: " +
                             std::to_string(up_at) +
                             "}}\n"
                             "streams: {rings: {persist: false}}\n")
                    .empty());
  n.run_for(5000 * lone_node::ms);
}

}  // namespace weir::node_test
