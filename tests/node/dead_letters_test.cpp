// Dead letters are listed until they are dropped, one by one or all; what is dropped stays so.
#include "tests/node/lone_node.hpp"
#include "tests/node/ringing_chain.hpp"

using namespace weir::runtime;
using weir::error_code;
using weir::node_test::lone_node;

namespace {

const command_target reader{"t", "reader"};

/// Numbers of two partitions, at which `reader` throws until one second of the node's clock has gone by.
std::string failing(int count, int up_at = 1000) {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(count) + "}}\n" +
         "  - {name: reader, artifact: $MODULE, class: broken, parallelism: 2, istreams: {numbers: numbers}, on_error: dead_letter, with: {up_at: " +
         std::to_string(up_at) + "}}\n";
}

std::vector<dead_letter> letters_of(const lone_node& n, std::uint32_t page = 1000) {
  std::vector<dead_letter> all;
  read_request what{.records_max = page};
  for (int pages = 0; pages < 1000; ++pages) {
    auto got = n.node->dead_letters(reader, what);
    REQUIRE(got.ok());
    for (dead_letter& l : got->letters) all.push_back(std::move(l));
    if (!got->more) return all;
    what.from = read_from::positions;
    what.positions = got->next;
  }
  FAIL("there is always more");
  return all;
}

/// Those of a fresh node, at whose every number `reader` throws.
std::vector<dead_letter> make_letters(lone_node& n, int count) {
  REQUIRE(n.serve() == "");
  REQUIRE_FALSE(n.submit("t", failing(count)).empty());
  n.settle();
  std::vector<dead_letter> all = letters_of(n);
  REQUIRE(all.size() == static_cast<std::size_t>(count));
  return all;
}

std::string drop(lone_node& n, const std::vector<record_position>& which) {
  const auto done = n.node->drop_dead_letters(reader, which);
  return done ? std::to_string(*done) : lone_node::said_of(done.why());
}

}  // namespace

TEST_CASE("a dead letter says what failed, where, why and what was in it", "[node][dead_letters]") {
  lone_node n;
  const auto all = make_letters(n, 6);
  for (const dead_letter& l : all) {
    CHECK(l.error == "out of order");
    CHECK(l.hook == "process_record");
    CHECK(l.generation == 1);
    const auto record = n.node->read_stream("numbers", {.from = read_from::positions, .positions = {l.of}, .records_max = 1});
    REQUIRE(record.ok());
    CHECK(record->records.at(0).value == l.value);
    CHECK(record->records.at(0).key == l.key);
    CHECK(record->records.at(0).time == l.time);
  }
  CHECK(letters_of(n, 1).size() == 6);
}

TEST_CASE("what is dropped is not listed again, and still is not after a restart", "[node][dead_letters]") {
  lone_node n;
  const auto all = make_letters(n, 6);
  const std::size_t which = GENERATE(0u, 3u, 5u);
  CHECK(drop(n, {all[which].position}) == "1");
  const auto is_without_it = [&] {
    const auto left = letters_of(n);
    CHECK(left.size() == 5);
    for (const dead_letter& l : left) CHECK(l.position != all[which].position);
  };
  is_without_it();
  CHECK(drop(n, {all[which].position}).find("2: no dead letter of 't/reader' is at position") == 0);
  REQUIRE(n.serve() == "");
  n.settle();
  is_without_it();
  CHECK(drop(n, {}) == "5");
  CHECK(letters_of(n).empty());
  CHECK(drop(n, {}) == "0");
  REQUIRE(n.serve() == "");
  n.settle();
  CHECK(letters_of(n).empty());
  // What comes later is listed.
  REQUIRE_FALSE(n.submit("t", failing(8)).empty());
  n.settle();
  CHECK(letters_of(n).size() == 2);
}

TEST_CASE("nothing is dropped where one of several is not there", "[node][dead_letters]") {
  lone_node n;
  const auto all = make_letters(n, 4);
  record_position none = all[1].position;
  none.index += 100;
  CHECK(drop(n, {all[0].position, none}).find("2: no dead letter") == 0);
  CHECK(drop(n, {{999, 1, 0}}).find("2: position 999:1:0 is in none of the partitions") == 0);
  CHECK(letters_of(n).size() == 4);
  const auto other = n.node->dead_letters({"t", "raeder"}, {});
  REQUIRE_FALSE(other.ok());
  CHECK(other.why().code == error_code::usage);
}

TEST_CASE("in a chain each operator's dead letters are dropped for themselves", "[node][dead_letters]") {
  lone_node n;
  weir::node_test::start_ringing_chain(n, 100'000);
  const command_target ringing{"t", "ringing"};
  REQUIRE(n.node->dead_letters(ringing, {}).ok());
  REQUIRE(n.node->dead_letters(ringing, {})->letters.size() == 1);
  CHECK(n.node->dead_letters(ringing, {})->letters[0].hook == "process_timer");
  const auto below = letters_of(n);
  REQUIRE_FALSE(below.empty());
  CHECK(n.node->drop_dead_letters(ringing, {}).value() == 1);
  CHECK(n.node->dead_letters(ringing, {})->letters.empty());
  CHECK(letters_of(n).size() == below.size());
  CHECK(drop(n, {}) == std::to_string(below.size()));
  CHECK(letters_of(n).empty());
}
