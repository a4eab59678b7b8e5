// Where published records wait: which partition they go to, what an object that is made anew gets again, and what is turned away.
#include "runtime/operator/intake.hpp"

#include <catch2/catch.hpp>

#include "runtime/log/record_batch.hpp"

using namespace weir::runtime;

namespace {

publish_batch batch_of(const std::string& producer, std::uint64_t first, const std::vector<std::pair<std::string, std::string>>& records) {
  publish_batch b{.producer = producer, .first = first};
  for (const auto& [key, value] : records) {
    publish_record r;
    r.key_begin = static_cast<std::uint32_t>(b.bytes.size());
    b.bytes += key;
    r.key_end = r.value_begin = static_cast<std::uint32_t>(b.bytes.size());
    b.bytes += value;
    r.value_end = static_cast<std::uint32_t>(b.bytes.size());
    b.records.push_back(r);
  }
  return b;
}

publish_batch values(const std::string& producer, std::uint64_t first, std::size_t count, std::size_t bytes = 1) {
  return batch_of(producer, first, std::vector<std::pair<std::string, std::string>>(count, {"", std::string(bytes, 'v')}));
}

/// An intake whose partitions have objects, which have heard of nobody.
class open_intake : public intake {
 public:
  explicit open_intake(std::uint32_t partitions = 1, publish_limits limits = {}) : intake("clicks", partitions, limits) {
    for (std::uint32_t p = 0; p < partitions; ++p) attach(p, {}, producer_book(limits.producers_max));
  }
  /// Offered; why not is in `said`.
  std::shared_ptr<publication> give(publish_batch b) {
    auto what = prepare(std::move(b));
    const auto taken = offer(what, said);
    if (!taken) said = taken.why().message;
    return taken && *taken ? what : nullptr;
  }
  /// The partition's object takes all of what is next; its token.
  std::uint64_t take_next(std::uint32_t partition = 0) {
    const portion todo = next(partition);
    return todo.of ? take(partition, todo.indexes->size(), 0) : 0;
  }
  std::string said;
};

}  // namespace

TEST_CASE("a key chooses the partition as group_by does, records without one follow their producer", "[operator][intake]") {
  open_intake at(16);
  const slot_table table(16);
  const std::string key = "k";
  REQUIRE(at.give(batch_of("p", 1, {{key, "1"}, {"", "2"}, {key, "3"}})));
  const std::uint32_t keyed = table.partition_of(key_hash(key));
  const std::uint32_t keyless = table.partition_of(key_hash("p"));
  REQUIRE(keyed != keyless);
  CHECK(*at.next(keyed).indexes == std::vector<std::uint32_t>{0, 2});
  CHECK(*at.next(keyless).indexes == std::vector<std::uint32_t>{1});
}

TEST_CASE("a request is done when all its partitions say that it is durable", "[operator][intake]") {
  open_intake at(16);
  const slot_table table(16);
  const std::uint32_t keyed = table.partition_of(key_hash("k"));
  const std::uint32_t keyless = table.partition_of(key_hash("p"));
  REQUIRE(keyed != keyless);
  const auto what = at.give(batch_of("p", 1, {{"k", "1"}, {"", "2"}}));
  REQUIRE(what);
  at.durable(keyed, at.take_next(keyed));
  CHECK_FALSE(at.done(*what));
  CHECK(at.repeated(*what).why().code == weir::error_code::unreachable);
  at.durable(keyless, at.take_next(keyless));
  CHECK(at.done(*what));
  CHECK(at.repeated(*what).value() == 0);
}

TEST_CASE("an object that is made anew gets again what is not durable, in order", "[operator][intake]") {
  open_intake at;
  const auto a = at.give(values("a", 1, 1));
  const auto b = at.give(values("b", 1, 2));
  const auto nobody = at.give(values("", 1, 1));
  const auto later = at.give(values("", 1, 1));
  REQUIRE((a && b && nobody && later));
  const std::uint64_t first = at.take_next();
  const std::uint64_t second = at.take_next();
  CHECK(at.take_next() != 0);
  at.attach(0, {}, producer_book(10));
  CHECK(at.next(0).of == a);
  // Without numbers nobody can tell whether it is there already: its sender must know. What was not begun is no such case.
  CHECK(at.repeated(*nobody).why().code == weir::error_code::unreachable);
  CHECK_FALSE(at.done(*later));
  // Acknowledgements of the object before still count.
  at.durable(0, first);
  CHECK(at.done(*a));
  CHECK(at.next(0).of == b);
  CHECK(at.take(0, 1, 0) == 0);
  CHECK(at.next(0).begin == 1);
  at.durable(0, second);
  CHECK(at.done(*b));
  CHECK(at.next(0).of == later);
  CHECK(at.next(0).begin == 0);
}

TEST_CASE("what is published beyond the limit waits until something is durable", "[operator][intake]") {
  open_intake at(1, {.waiting_bytes_max = 1000});
  REQUIRE(at.give(values("big", 1, 1, 5000)));  // Alone it may be larger, or it never came through.
  CHECK_FALSE(at.give(values("a", 1, 1)));
  CHECK_THAT(at.said, Catch::Contains("takes no more for now"));
  const std::uint64_t token = at.take_next();
  CHECK_FALSE(at.give(values("a", 1, 1)));
  at.durable(0, token);
  CHECK(at.give(values("a", 1, 1)));
}

TEST_CASE("numbers that leave some out are refused", "[operator][intake]") {
  open_intake at;
  CHECK_FALSE(at.give(values("a", 2, 1)));
  CHECK_THAT(at.said, Catch::Contains("goes on with number 2, but the last one that stream 'clicks' knows of it is 0"));
  at.note(0, "a", 7, 1);
  CHECK(at.give(values("a", 8, 1)));
  CHECK(at.give(values("a", 1, 1)));
  CHECK_FALSE(at.give(values("a", 9, 1)));
}

TEST_CASE("nothing is taken without an object, nor after the end", "[operator][intake]") {
  intake empty("clicks", 1);
  std::string why;
  CHECK_FALSE(empty.offer(empty.prepare(values("a", 1, 1)), why).value());
  CHECK(why == "external stream 'clicks' is not taking records right now");

  open_intake at;
  const auto waits = at.give(values("a", 1, 1));
  at.detach(0);
  CHECK(at.repeated(*waits).why().message == "external stream 'clicks' was stopped");
  at.attach(0, {}, producer_book(10));
  const auto also = at.give(values("a", 1, 1));
  at.close("the node is draining");
  CHECK(at.done(*also));
  CHECK(at.repeated(*also).why().message == "the node is draining");
  CHECK_FALSE(at.give(values("b", 1, 1)));
}

TEST_CASE("who was not heard of for longest is forgotten first", "[operator][intake]") {
  producer_book book(2);
  CHECK_FALSE(book.note("a", 1, 10));
  CHECK_FALSE(book.note("b", 1, 20));
  CHECK_FALSE(book.note("a", 2, 30));
  CHECK(book.note("c", 1, 40) == "b");
  CHECK(book.number_of("a") == 2);
  CHECK(book.number_of("b") == 0);
  CHECK(book.note("d", 5, 1) == "a");  // The clock went back.
  CHECK(book.number_of("d") == 5);
}
