// Dead letters that a command gives to their operator once more.
#include <set>

#include "tests/node/lone_node.hpp"
#include "tests/node/ringing_chain.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

const command_target mending{"t", "mending"};

std::string failing(int count, int up_at, const std::string& policy = "dead_letter", bool ends = false) {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(count) + (ends ? ", ends: true" : "") + "}}\n" +
         "  - {name: mending, artifact: $MODULE, class: mending, istreams: {numbers: numbers}, on_error: " + policy +
         ", with: {up_at: " + std::to_string(up_at) + "}}\n" + "  - {name: table, artifact: $MODULE, class: broken, istreams: {numbers: mended}}\n";
}

std::vector<dead_letter> letters_of(const lone_node& n, const command_target& what = mending) {
  const auto all = n.node->dead_letters(what, {.records_max = 1000});
  REQUIRE(all.ok());
  REQUIRE_FALSE(all->more);
  return all->letters;
}

/// "replayed/failed again", or why not.
std::string replay(lone_node& n, const command_target& what = mending) {
  const auto done = n.node->replay_dead_letters(what);
  return done ? std::to_string(done->replayed) + "/" + std::to_string(done->failed_again) : lone_node::said_of(done.why());
}

/// What came out of the operator: "count value".
std::vector<std::string> mended(const lone_node& n) {
  const auto page = n.node->read_stream("mended", {.records_max = 1000});
  REQUIRE(page.ok());
  std::vector<std::string> all;
  for (const read_record& r : page->records) all.push_back(r.key + " " + r.value);
  return all;
}

}  // namespace

TEST_CASE("dead letters are replayed once, in their order, and those behind the operator get what it makes of them", "[node][replay]") {
  const bool ends = GENERATE(false, true);  // Also once nothing else comes any more.
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE_FALSE(n.submit("t", failing(5, 1000, "dead_letter", ends)).empty());
  n.settle();
  REQUIRE(letters_of(n).size() == 5);
  CHECK(mended(n).empty());
  n.run_for(2000 * lone_node::ms);
  CHECK(replay(n) == "5/0");
  CHECK(letters_of(n).empty());
  const std::vector<std::string> all{"1 1", "2 2", "3 3", "4 4", "5 5"};
  CHECK(mended(n) == all);
  n.settle();
  for (const char* line : {"took 1", "took 5"}) CHECK(n.heard(line) == 1);
  CHECK(replay(n) == "0/0");
  REQUIRE(n.serve() == "");
  n.settle();
  CHECK(letters_of(n).empty());
  CHECK(replay(n) == "0/0");
  CHECK(mended(n) == all);
}

TEST_CASE("letters that fail again are new ones of the same records, and dropped ones are not replayed", "[node][replay]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE_FALSE(n.submit("t", failing(5, 10'000)).empty());
  n.settle();
  const auto before = letters_of(n);
  REQUIRE(before.size() == 5);
  REQUIRE(n.node->drop_dead_letters(mending, std::vector<record_position>{before[1].position}).value() == 1);
  CHECK(replay(n) == "4/4");
  const auto after = letters_of(n);
  REQUIRE(after.size() == 4);
  CHECK(after[0].of == before[0].of);
  CHECK(after[0].position > before[4].position);
  CHECK(after[1].of == before[2].of);
  CHECK(after[1].value == before[2].value);
  CHECK(after[1].istream == 0);
  n.run_for(20'000 * lone_node::ms);
  CHECK(replay(n) == "4/0");
  CHECK(mended(n) == std::vector<std::string>{"1 1", "2 3", "3 4", "4 5"});
}

TEST_CASE("dead letters are replayed once, wherever the node is killed meanwhile", "[node][replay]") {
  bool whole = false;
  std::set<std::size_t> left;  // Letters that a start found.
  for (int turns = 0; !whole; ++turns) {
    REQUIRE(turns < 200);
    lone_node n;
    REQUIRE(n.serve() == "");
    REQUIRE_FALSE(n.submit("t", failing(12, 1000)).empty());
    n.settle();
    REQUIRE(letters_of(n).size() == 12);
    n.run_for(2000 * lone_node::ms);
    n.turns_left = turns;
    try {
      const std::string done = replay(n);
      CHECK(done == "12/0");
      whole = true;
    } catch (const lone_node::killed&) {
      whole = false;
    }
    n.turns_left.reset();
    CAPTURE(turns);
    REQUIRE(n.serve() == "");
    n.settle();
    const std::size_t there = letters_of(n).size();
    left.insert(there);
    CHECK(there + mended(n).size() == 12);
    CHECK(replay(n) == std::to_string(there) + "/0");
    CHECK(letters_of(n).empty());
    const auto all = mended(n);
    REQUIRE(all.size() == 12);
    for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i] == std::to_string(i + 1) + " " + std::to_string(i + 1));
  }
  CHECK(left == std::set<std::size_t>{0, 12});
}

TEST_CASE("in a chain each operator's dead letters are replayed for themselves", "[node][replay]") {
  lone_node n;
  weir::node_test::start_ringing_chain(n, 20'000);
  const command_target ringing{"t", "ringing"};
  const command_target reader{"t", "reader"};
  REQUIRE(letters_of(n, ringing).size() == 1);
  const std::size_t below = letters_of(n, reader).size();
  REQUIRE(below > 0);
  CHECK(replay(n, ringing) == "1/1");
  REQUIRE(letters_of(n, ringing).size() == 1);
  CHECK(letters_of(n, ringing)[0].key == "2");
  CHECK(letters_of(n, ringing)[0].hook == "process_timer");
  CHECK(letters_of(n, reader).size() == below);
  n.run_for(20'000 * lone_node::ms);
  CHECK(replay(n, reader) == std::to_string(below) + "/0");
  CHECK(letters_of(n, reader).empty());
  CHECK(letters_of(n, ringing).size() == 1);
  CHECK(n.heard("took") == below);
}

TEST_CASE("what could not take dead letters is not given any", "[node][replay]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE_FALSE(n.submit("t", failing(3, 1000)).empty());
  n.settle();
  REQUIRE(n.node->pause(mending).ok());
  CHECK(replay(n).find("paused; weir resume t/mending") != std::string::npos);
  REQUIRE(n.node->resume(mending, {}).ok());
  REQUIRE(n.node->stop(mending, {}).ok());
  CHECK(replay(n).find("stopped; weir start t/mending") != std::string::npos);
  REQUIRE(n.node->start(mending).ok());
  n.settle();
  REQUIRE_FALSE(n.submit("t", failing(3, 1000, "skip")).empty());
  CHECK(replay(n).find("4: dead letters of 't/mending' cannot be replayed: its on_error is not dead_letter") == 0);
  CHECK(replay(n, {"t", "mendign"}).find("2: no operator 'mendign'") == 0);
  CHECK(letters_of(n).size() == 3);
}
