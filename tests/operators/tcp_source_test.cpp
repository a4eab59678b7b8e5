#include "operators/tcp_source.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <catch2/catch.hpp>
#include <functional>
#include <weir/test_driver.hpp>

#include "tests/operators/tcp_client.hpp"

using Catch::Matchers::Contains;
using weir::poll_result;
using weir::test_driver;
using weir::operators::tcp_source;
using weir::test::deadline_ms;
using weir::test::tcp_client;

namespace {

test_driver listening(weir::test_config config = {{"port", "0"}}) { return test_driver::of<tcp_source>(std::move(config)); }

/// Where the last object listens.
int port_of(const test_driver& driver) {
  const std::string& text = driver.logged().back().text;
  REQUIRE_THAT(text, Contains("listens on 127.0.0.1:"));
  return std::stoi(text.substr(text.rfind(':') + 1));
}

/// Polls as a node does, until it is so; `peer` changes what is so, too.
void poll_until(test_driver& driver, const tcp_client* peer, const std::function<bool()>& so) {
  while (!so()) {
    const poll_result result = driver.poll();
    if (result == poll_result::more || so()) continue;
    REQUIRE(result.fd() >= 0);
    pollfd either[] = {{result.fd(), POLLIN, 0}, {peer != nullptr ? peer->fd() : -1, POLLIN, 0}};
    REQUIRE(::poll(either, 2, deadline_ms) > 0);
  }
}

void poll_until_heard(test_driver& driver, tcp_client& client, const std::string& text) {
  poll_until(driver, &client, [&] { return !client.take() || client.heard().find(text) != std::string::npos; });
  CHECK_THAT(client.heard(), Contains(text));
}

void poll_until_ended(test_driver& driver, tcp_client& client) {
  poll_until(driver, &client, [&] { return !client.take(); });
}

std::vector<std::string> values(const std::vector<weir::owned_record>& records) {
  std::vector<std::string> all;
  for (const auto& r : records) all.push_back(r.value);
  return all;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("lines of all connections are records and are acknowledged with their number", "[tcp_source]") {
  auto driver = listening();
  tcp_client one(port_of(driver));
  tcp_client two(port_of(driver));
  REQUIRE(one.send("a\nb\r\n\nd\n"));
  poll_until_heard(driver, one, "OK 4\n");
  CHECK(values(driver.received("lines")) == texts{"a", "b", "", "d"});
  REQUIRE(two.send("x\n"));
  poll_until_heard(driver, two, "OK 1\n");
  REQUIRE(one.send("e\n"));
  poll_until_heard(driver, one, "OK 5\n");
  CHECK(values(driver.received("lines")) == texts{"x", "e"});
  CHECK(driver.gauge("connections") == 2);
}

TEST_CASE("a line may come in pieces, and one that the connection's end cuts off is dropped", "[tcp_source]") {
  auto driver = listening();
  tcp_client client(port_of(driver));
  REQUIRE(client.send("whole\nhal"));
  poll_until_heard(driver, client, "OK 1\n");
  REQUIRE(client.send("ves\r"));
  poll_until(driver, nullptr, [&] { return driver.poll() != poll_result::more; });
  REQUIRE(client.send("\ncut o"));
  poll_until_heard(driver, client, "OK 2\n");
  client.finish();
  poll_until_ended(driver, client);
  CHECK(values(driver.received("lines")) == texts{"whole", "halves"});
  CHECK(driver.counter("half_lines") == 1);
  CHECK(driver.gauge("connections") == 0);
}

TEST_CASE("a peer that sends and ends at once still gets its acknowledgement", "[tcp_source]") {
  auto driver = listening();
  tcp_client client(port_of(driver));
  REQUIRE(client.send("only\n"));
  client.finish();
  poll_until_ended(driver, client);
  CHECK(client.heard() == "OK 1\n");
  CHECK(values(driver.received("lines")) == texts{"only"});
}

TEST_CASE("a line beyond line_bytes_max ends its connection, with the reason behind the acknowledgements", "[tcp_source]") {
  const bool whole = GENERATE(true, false);
  auto driver = listening({{"port", "0"}, {"line_bytes_max", "100B"}});
  tcp_client client(port_of(driver));
  REQUIRE(client.send(std::string(100, 'a') + "\n" + std::string(70000, 'b') + (whole ? "\nafter\n" : "")));
  poll_until_heard(driver, client, "ERR");
  client.finish();
  poll_until_ended(driver, client);
  CHECK(client.heard() == "OK 1\nERR a line is longer than line_bytes_max, 100 bytes\n");
  CHECK(values(driver.received("lines")) == texts{std::string(100, 'a')});
}

TEST_CASE("keys come from the line or the peer", "[tcp_source]") {
  SECTION("what stands before the separator") {
    auto driver = listening({{"port", "0"}, {"key", "separator"}, {"key_separator", ": "}});
    tcp_client client(port_of(driver));
    REQUIRE(client.send("k: v: w\nno key\n: empty\n"));
    poll_until_heard(driver, client, "OK 3\n");
    const auto records = driver.received("lines");
    REQUIRE(records.size() == 3);
    CHECK((records[0].key == "k" && records[0].value == "v: w"));
    CHECK((records[1].key.empty() && records[1].value == "no key"));
    CHECK((records[2].key.empty() && records[2].value == "empty"));
  }
  SECTION("the address") {
    auto driver = listening({{"port", "0"}, {"key", "peer"}});
    tcp_client client(port_of(driver));
    REQUIRE(client.send("v\n"));
    poll_until_heard(driver, client, "OK 1\n");
    CHECK(driver.received("lines").at(0).key == "127.0.0.1");
  }
  SECTION("the name") {
    auto driver = listening({{"port", "0"}, {"key", "peer"}, {"numbered", "true"}});
    tcp_client client(port_of(driver));
    REQUIRE(client.send("HELLO sensor\n1 v\n"));
    poll_until_heard(driver, client, "OK 1\n");
    CHECK(driver.received("lines").at(0).key == "sensor");
  }
}

TEST_CASE("numbered lines that are sent again are dropped and acknowledged, also after a crash", "[tcp_source]") {
  auto driver = listening({{"port", "0"}, {"numbered", "true"}});
  {
    tcp_client client(port_of(driver));
    REQUIRE(client.send("HELLO a\n"));
    poll_until_heard(driver, client, "OK 0\n");
    REQUIRE(client.send("1 one\n3 three\n2 too late\n"));
    poll_until_heard(driver, client, "OK 3\n");
  }
  CHECK(values(driver.received("lines")) == texts{"one", "three"});
  driver.crash_and_recover();
  tcp_client again(port_of(driver));
  tcp_client other(port_of(driver));
  REQUIRE(again.send("HELLO a\n3 three\n4 four\n"));
  REQUIRE(other.send("HELLO b\n1 another's\n"));
  poll_until_heard(driver, again, "OK 4\n");
  poll_until_heard(driver, other, "OK 1\n");
  auto received = values(driver.received("lines"));
  std::sort(received.begin(), received.end());
  CHECK(received == texts{"another's", "four"});
  CHECK(driver.partition_state<std::uint64_t>("numbers", "a") == 4u);
  CHECK(driver.counter("repeated_lines") == 2);
}

TEST_CASE("a name's newer connection takes over from the older one", "[tcp_source]") {
  auto driver = listening({{"port", "0"}, {"numbered", "true"}});
  tcp_client older(port_of(driver));
  REQUIRE(older.send("HELLO a\n1 one\n"));
  poll_until_heard(driver, older, "OK 1\n");
  tcp_client newer(port_of(driver));
  REQUIRE(newer.send("HELLO a\n2 two\n"));
  poll_until_heard(driver, newer, "OK 2\n");
  poll_until_heard(driver, older, "ERR another connection has said HELLO with this name\n");
  (void)older.send("2 not two\n");
  REQUIRE(newer.send("3 three\n"));
  poll_until_heard(driver, newer, "OK 3\n");
  CHECK(values(driver.received("lines")) == texts{"one", "two", "three"});
}

TEST_CASE("what is no numbered line is refused with what is expected", "[tcp_source]") {
  const auto [line, reason] = GENERATE(table<std::string, std::string>({{"GET / HTTP/1.1\n", "ERR the first line must be HELLO"},
                                                                        {"HELLO \n", "ERR the first line must be HELLO"},
                                                                        {"HELLO a b\n", "ERR the first line must be HELLO"},
                                                                        {"HELLO " + std::string(101, 'n') + "\n", "ERR the first line must be HELLO"},
                                                                        {"HELLO a\n0 zero\n", "ERR a line must be a number"},
                                                                        {"HELLO a\n-1 x\n", "ERR a line must be a number"},
                                                                        {"HELLO a\n18446744073709551616 x\n", "ERR a line must be a number"},
                                                                        {"HELLO a\n7\n", "ERR a line must be a number"},
                                                                        {"HELLO a\n\n", "ERR a line must be a number"}}));
  auto driver = listening({{"port", "0"}, {"numbered", "true"}});
  tcp_client client(port_of(driver));
  REQUIRE(client.send(line));
  poll_until_heard(driver, client, reason);
  CHECK(driver.received("lines").empty());
}

TEST_CASE("connections and names beyond their limits are refused, and room that becomes free is used", "[tcp_source]") {
  auto driver = listening({{"port", "0"}, {"numbered", "true"}, {"connections_max", "2"}, {"names_max", "1"}});
  tcp_client first(port_of(driver));
  REQUIRE(first.send("HELLO a\n"));
  poll_until_heard(driver, first, "OK 0\n");
  {
    tcp_client second(port_of(driver));
    REQUIRE(second.send("HELLO b\n"));
    poll_until_heard(driver, second, "ERR too many names (names_max is 1)\n");
    tcp_client third(port_of(driver));
    REQUIRE(third.send("HELLO a\n"));
    poll_until_heard(driver, third, "ERR too many connections (connections_max is 2)\n");
  }
  poll_until(driver, nullptr, [&] { return driver.gauge("connections") == 1; });
  tcp_client fourth(port_of(driver));
  REQUIRE(fourth.send("HELLO a\n"));
  poll_until_heard(driver, fourth, "OK 0\n");
}

TEST_CASE("a peer that does not read its acknowledgements stops nobody, and finds the last one", "[tcp_source]") {
  auto driver = listening();
  tcp_client mute(port_of(driver), 2048);
  tcp_client other(port_of(driver));
  std::size_t sent = 0;
  for (int i = 0; i < 20000; ++i) {  // An acknowledgement each; far more than both kernels' buffers hold would take more.
    sent += mute.send_some("\n");
    driver.poll();
  }
  REQUIRE(sent == 20000);
  REQUIRE(other.send("x\n"));
  poll_until_heard(driver, other, "OK 1\n");
  poll_until_heard(driver, mute, "OK 20000\n");
  CHECK(std::count(mute.heard().begin(), mute.heard().end(), '\n') < 20000);
}

TEST_CASE("a port that is taken is said to be", "[tcp_source]") {
  auto driver = listening();
  const std::string port = std::to_string(port_of(driver));
  CHECK_THROWS_WITH(listening({{"port", port}}), Contains("cannot listen on 127.0.0.1:" + port + ": Address already in use: another process listens there"));
}

TEST_CASE("config that cannot be is refused", "[tcp_source]") {
  CHECK_THROWS_WITH(listening({{"port", "0"}, {"address", "localhost"}}), Contains("with.address: \"localhost\" is no numeric address"));
  CHECK_THROWS_WITH(listening({{"port", "65536"}}), Contains("with.port must lie between 0 and 65535"));
  CHECK_THROWS_WITH(listening({{"port", "0"}, {"key", "ip"}}), Contains("with.key is \"ip\""));
  CHECK_THROWS_WITH(listening({{"port", "0"}, {"line_bytes_max", "1GiB"}}), Contains("with.line_bytes_max must lie between"));
  CHECK_THROWS_WITH(test_driver::of<tcp_source>(), Contains("with.port is missing"));
}

TEST_CASE("the source waits for its connections without being polled, and is idle after idle_timeout", "[tcp_source]") {
  auto driver = listening({{"port", "0"}, {"idle_timeout", "2s"}});
  CHECK(driver.poll().fd() >= 0);
  driver.advance_time(std::chrono::seconds(3));
  CHECK(driver.idle());
  tcp_client client(port_of(driver));
  REQUIRE(client.send("x\n"));
  poll_until_heard(driver, client, "OK 1\n");
  CHECK_FALSE(driver.idle());
  CHECK(driver.watermark() == driver.received("lines").at(0).time);
}
