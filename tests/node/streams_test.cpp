// The records of streams, read from outside: which streams there are, in which order their records come, page after page, and what cannot be read.
#include <map>
#include <set>

#include "runtime/node/stream_reader.hpp"
#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::error_code;
using weir::node_test::lone_node;

namespace {

/// Two partitions that write 1 … count each, under the keys odd and even.
std::string numbers(int count, const std::string& more = "") {
  return "  - {name: numbers, artifact: $MODULE, class: numbers, parallelism: 2, with: {count: " + std::to_string(count) + "}}\n" +
         "  - {name: reader, artifact: $MODULE, class: needy, istreams: {numbers: numbers}}\n" + more;
}

stream_status stream_of(const lone_node& n, const std::string& name) {
  for (const stream_status& s : n.node->streams())
    if (s.name == name) return s;
  FAIL("no stream " << name);
  return {};
}

/// All pages from `what` on; every one but the last must say that there is more.
std::vector<read_record> read_all(lone_node& n, read_request what, const stream_reader_limits& limits = {}) {
  std::vector<read_record> all;
  for (int pages = 0; pages < 1000; ++pages) {
    const stream_status stream = stream_of(n, "numbers");
    const auto page = stream_reader(n.node->log(), stream, limits).read(what);
    REQUIRE(page.ok());
    CHECK(page->records.size() <= what.records_max);
    all.insert(all.end(), page->records.begin(), page->records.end());
    if (!page->more) return all;
    what.from = read_from::positions;
    what.positions = page->next;
  }
  FAIL("there is always more");
  return all;
}

std::vector<std::string> values_of(const std::vector<read_record>& all, std::uint32_t partition) {
  std::vector<std::string> values;
  for (const read_record& r : all)
    if (r.partition == partition) values.push_back(r.value);
  return values;
}

std::vector<std::string> counted(int first, int last, int step = 1) {
  std::vector<std::string> all;
  for (int i = first; i <= last; i += step) all.push_back(std::to_string(i));
  return all;
}

}  // namespace

TEST_CASE("a stream is read once and whole, however small the pages are", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(50)) == "");
  const std::uint32_t records_max = GENERATE(1u, 3u, 100u, 10'000u);
  const stream_reader_limits limits = GENERATE(values<stream_reader_limits>({{}, {.page_bytes = 1}, {.searched_bytes = 1}}));
  const auto all = read_all(n, {.records_max = records_max}, limits);
  CHECK(all.size() == 100);
  CHECK(values_of(all, 0) == counted(1, 50));
  CHECK(values_of(all, 1) == counted(1, 50));
  CHECK(all[0].time == 1'000'000'000);
  CHECK(all[0].key == "odd");
}

TEST_CASE("what was durable first comes first, over all partitions", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(50)) == "");
  std::map<std::uint64_t, std::vector<std::uint64_t>> sequences;  // By log and LSN.
  const stream_status stream = stream_of(n, "numbers");
  for (const stream_partition& p : stream.partitions) {
    const auto frames = n.node->log().read(p.log, p.first_lsn, UINT64_MAX);
    REQUIRE(frames.ok());
    for (const frame_ptr& f : *frames) sequences[p.log].push_back(f->sequence);
  }
  std::uint64_t last = 0;
  std::set<std::uint32_t> partitions;
  for (const read_record& r : read_all(n, {})) {
    const std::uint64_t sequence = sequences[r.position.log].at(r.position.lsn - stream.partitions[r.partition].first_lsn);
    CHECK(sequence >= last);
    last = sequence;
    partitions.insert(r.partition);
  }
  CHECK(partitions.size() == 2);
}

TEST_CASE("every record is found again at its position, in words too", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(20)) == "");
  for (const read_record& r : read_all(n, {})) {
    const auto position = parse_position(position_text(r.position));
    REQUIRE(position);
    const auto page = n.node->read_stream("numbers", {.from = read_from::positions, .positions = {*position}, .records_max = 1});
    REQUIRE(page.ok());
    REQUIRE(page->records.size() == 1);
    CHECK(page->records[0].value == r.value);
    CHECK(page->records[0].position == r.position);
    CHECK(page->next.size() == 1);
  }
  for (const char* wrong : {"", "1", "1:2", "1:2:3:4", "1:2:", ":1:2", "a:1:2", "1:2:3 ", "-1:2:3", "0:1:0", "1:0:0", "1:2:4294967296", "1,2,3"})
    CHECK_FALSE(parse_position(wrong));
}

TEST_CASE("the newest records are the last of all partitions that fit, and reading goes on behind them", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(50)) == "");
  const auto all = read_all(n, {});
  const std::uint32_t count = GENERATE(1u, 2u, 7u, 99u, 100u, 500u);
  const auto page = n.node->read_stream("numbers", {.from = read_from::newest, .records_max = count});
  REQUIRE(page.ok());
  CHECK_FALSE(page->more);
  CHECK(page->all_searched);
  REQUIRE(page->records.size() == std::min<std::size_t>(count, all.size()));
  const auto first = all.end() - static_cast<std::ptrdiff_t>(page->records.size());
  CHECK(std::equal(first, all.end(), page->records.begin(), [](const auto& a, const auto& b) { return a.position == b.position; }));

  const auto odd = n.node->read_stream("numbers", {.from = read_from::newest, .partition = 1, .key = "odd", .records_max = 3});
  REQUIRE(odd.ok());
  CHECK(values_of(odd->records, 1) == counted(45, 49, 2));
  CHECK(odd->records.size() == 3);
  const auto none = n.node->read_stream("numbers", {.from = read_from::newest, .key = "neither", .records_max = 3});
  REQUIRE(none.ok());
  CHECK(none->records.empty());
  CHECK(none->next == n.node->read_stream("numbers", {.from = read_from::latest})->next);
}

TEST_CASE("who searches the newest records for too long is told so", "[node][streams]") {
  lone_node n;
  for (int count = 1; count <= 30; ++count) REQUIRE(n.start(numbers(count)) == "");  // A frame each at least.
  const stream_status stream = stream_of(n, "numbers");
  stream_reader reader(n.node->log(), stream, {.newest_bytes = 2});
  const auto page = reader.read({.from = read_from::newest, .key = "neither", .records_max = 1});
  REQUIRE(page.ok());
  CHECK_FALSE(page->all_searched);
  CHECK(reader.read({.from = read_from::newest, .records_max = 1})->all_searched);
}

TEST_CASE("a key and a partition choose records", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(10)) == "");
  const auto odd = read_all(n, {.key = "odd", .records_max = 2});
  CHECK(odd.size() == 10);
  CHECK(values_of(odd, 0) == counted(1, 9, 2));
  const auto second = read_all(n, {.partition = 1});
  CHECK(second.size() == 10);
  CHECK(values_of(second, 1) == counted(1, 10));
}

TEST_CASE("from the latest on there is nothing until something comes", "[node][streams]") {
  lone_node n;
  REQUIRE(n.serve() == "");
  REQUIRE(n.submit("a", numbers(5)) == "create a/numbers: new topology; create a/reader: new topology");
  n.settle();
  const auto now = n.node->read_stream("numbers", {.from = read_from::latest});
  REQUIRE(now.ok());
  CHECK(now->records.empty());
  const read_request then{.from = read_from::positions, .positions = now->next};
  CHECK(n.node->read_stream("numbers", then)->next == now->next);
  REQUIRE_FALSE(n.submit("a", numbers(7)).empty());
  n.settle();
  const auto later = n.node->read_stream("numbers", then);
  REQUIRE(later.ok());
  CHECK(values_of(later->records, 0) == counted(6, 7));
  CHECK(values_of(later->records, 1) == counted(6, 7));
  // The same from the disk of a node that was killed.
  REQUIRE(n.serve() == "");
  CHECK(n.node->read_stream("numbers", then)->records.size() == 4);
}

TEST_CASE("streams say who writes and reads them, and dead letters are one where an operator makes them", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(3, "  - {name: ringing, artifact: $MODULE, class: ringing, on_error: dead_letter, with: {throws_at: '2'}}\n")) == "");
  std::vector<std::string> names;
  for (const stream_status& s : n.node->streams()) names.push_back(s.name);
  CHECK(names == std::vector<std::string>{"numbers", "rings", "t.ringing.dead-letters"});
  const stream_status numbers = stream_of(n, "numbers");
  CHECK(numbers.topology == "t");
  CHECK(numbers.producer == "numbers");
  CHECK(numbers.subscribers == std::vector<std::string>{"t/reader", "t/ringing"});
  REQUIRE(numbers.partitions.size() == 2);
  CHECK(numbers.partitions[1].log == numbers.partitions[0].log + 1);
  CHECK(stream_of(n, "t.ringing.dead-letters").dead_letters);
  n.run_for(10'000 * lone_node::ms);
  const auto letters = n.node->read_stream("t.ringing.dead-letters", {});
  REQUIRE(letters.ok());
  REQUIRE(letters->records.size() == 1);
  CHECK(letters->records[0].key == "2");
}

TEST_CASE("an inlined stream has no log to be read, the stream behind it has", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start("  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: 3}}\n"
                  "  - {name: passing, artifact: $MODULE, class: passing}\nstreams: {numbers: {persist: false}}\n") == "");
  const auto inner = n.node->read_stream("numbers", {});
  REQUIRE_FALSE(inner.ok());
  CHECK(inner.why().code == error_code::refused);
  CHECK(inner.why().message.find("persist: false") != std::string::npos);
  CHECK(stream_of(n, "numbers").inlined);
  const auto outer = n.node->read_stream("passed", {});
  REQUIRE(outer.ok());
  CHECK(values_of(outer->records, 0) == counted(1, 3));
}

TEST_CASE("positions that are not there are refused, and what is no stream is not known", "[node][streams]") {
  lone_node n;
  REQUIRE(n.start(numbers(3)) == "");
  const std::uint64_t log = stream_of(n, "numbers").partitions[0].log;
  const auto from = [&](record_position p) { return n.node->read_stream("numbers", {.from = read_from::positions, .positions = {p}}); };
  const auto early = from({log, 1000, 0});
  REQUIRE_FALSE(early.ok());
  CHECK(early.why().code == error_code::refused);
  CHECK(early.why().message.find("is not there yet; the next one is " + std::to_string(log) + ":") != std::string::npos);
  const auto other = from({log + 7, 1, 0});
  REQUIRE_FALSE(other.ok());
  CHECK(other.why().code == error_code::usage);
  const auto third = n.node->read_stream("numbers", {.partition = 2});
  REQUIRE_FALSE(third.ok());
  CHECK(third.why().message == "stream 'numbers' has no partition 2; it has 0 to 1");
  const auto unknown = n.node->read_stream("nmbers", {});
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.why().message == "no stream 'nmbers'; did you mean 'numbers'?");
}
