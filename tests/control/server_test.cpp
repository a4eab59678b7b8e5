// HTTP itself: limits, several requests on a connection, clients that are slow, wrong or many.
#include <future>

#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// The JSON behind the header of the last answer.
json body_of(const std::string& answer) { return json::parse(answer.substr(answer.rfind("\r\n\r\n") + 4), nullptr, false); }

}  // namespace

TEST_CASE("requests on one connection are answered in order, also when they come at once", "[control]") {
  const served s;
  const raw_connection c(s.address());
  c.send(
      "GET /healthz HTTP/1.1\r\n\r\nGET /v1/nothing HTTP/1.1\r\n\r\nPOST /v1/topologies/copy/pause HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"
      "GET /readyz HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string all = c.receive();
  CHECK(count(all, "HTTP/1.1 200 OK") == 3);
  CHECK(count(all, "HTTP/1.1 404 Not Found") == 1);
  CHECK(all.find("\"up\"") < all.find("404"));
  CHECK(all.find("404") < all.find("\"done\""));
  CHECK(all.find("\"done\"") < all.find("\"ready\":true"));
  CHECK(s.node.heard() == std::vector<std::string>{"pause copy"});
}

TEST_CASE("a request may come in single bytes", "[control]") {
  const served s;
  const raw_connection c(s.address());
  for (const char byte : std::string("POST /v1/topologies/copy/resume HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
    c.send(std::string(1, byte));
  CHECK_THAT(c.receive(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_CASE("a client that waits to be asked for its body is asked", "[control]") {
  const served s;
  const raw_connection c(s.address());
  c.send("POST /v1/topologies/copy/resume HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
  CHECK(c.receive("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  c.send("{}");
  CHECK_THAT(c.receive(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_CASE("what is too large or no HTTP is answered with an error in JSON, and the connection ends", "[control]") {
  const served s({.header_bytes_max = 512, .body_bytes_max = 100});
  const auto [request, status] = GENERATE(table<std::string, std::string>({
      {"GET /healthz HTTP/1.1\r\nX: " + std::string(1000, 'x') + "\r\n\r\n", "431"},
      {"POST /v1/topologies HTTP/1.1\r\nContent-Length: 101\r\n\r\n" + std::string(101, ' '), "413"},
      {"POST /v1/topologies HTTP/1.1\r\nContent-Length: 18446744073709551615\r\n\r\n", "413"},
      {"POST /v1/topologies HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, ' ') + "\r\n0\r\n\r\n", "413"},
      {"POST /v1/topologies HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400"},
      {"POST /v1/topologies HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
      {"POST /v1/topologies HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "400"},
      {"GET /healthz HTTP/3.7\r\n\r\n", "400"},
      {"GET\r\n\r\n", "400"},
      {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on\r\n\r\n", "400"},
      {"GET /healthz HTTP/1.1\r\nbad header\r\n\r\n", "400"},
      {"BREW /healthz HTTP/1.1\r\n\r\n", "405"},
      {"HEAD /healthz HTTP/1.1\r\n\r\n", "405"},
  }));
  CAPTURE(request);
  const raw_connection c(s.address());
  c.send(request);
  const std::string answer = c.receive();
  CHECK_THAT(answer, StartsWith("HTTP/1.1 " + status + " ") && Contains("Connection: close"));
  CHECK(body_of(answer)["code"] == "usage");
  CHECK(s.get("/healthz").status == 200);
}

TEST_CASE("a target that is too long is refused", "[control]") {
  const served s;
  CHECK(s.get("/" + std::string(5000, 'x')).status == 414);
}

TEST_CASE("a request that does not arrive in time ends its connection and no other", "[control]") {
  const served s({.request_time_max = std::chrono::milliseconds(50)});
  const raw_connection silent(s.address());
  const raw_connection slow(s.address());
  slow.send("POST /v1/topologies HTTP/1.1\r\nContent-Length: 50\r\n\r\n{");
  CHECK(silent.receive().empty());
  CHECK(slow.receive().empty());
  CHECK(s.get("/healthz").status == 200);
}

TEST_CASE("connections beyond the limit are turned away, and places come free again", "[control]") {
  const served s({.connections_max = 2});
  {
    const raw_connection first(s.address());
    const raw_connection second(s.address());
    for (const raw_connection* c : {&first, &second}) {
      c->send("GET /healthz HTTP/1.1\r\n\r\n");
      CHECK_THAT(c->receive("\n"), StartsWith("HTTP/1.1 200"));
    }
    const raw_connection third(s.address());
    const std::string answer = third.receive();
    CHECK_THAT(answer, StartsWith("HTTP/1.1 503"));
    CHECK_THAT(body_of(answer)["error"].get<std::string>(), Contains("too many connections"));
    CHECK(answer.size() - answer.rfind("\r\n\r\n") - 4 == std::stoul(answer.substr(answer.find("Content-Length: ") + 16)));
    first.end();
    CHECK(first.receive().find("503") == std::string::npos);
    second.end();
    (void)second.receive();
  }
  unsigned status = 503;
  for (int i = 0; i < 1000 && status != 200; ++i) {  // The server learns of the ends on its own time.
    const raw_connection again(s.address());
    again.send("GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n");
    if (again.receive().starts_with("HTTP/1.1 200")) status = 200;
  }
  CHECK(status == 200);
}

TEST_CASE("connections without a token over TCP take no place from the socket", "[control]") {
  const served s({.token = "0123456789abcdef", .connections_max = 2}, true, true);
  const raw_connection first(s.tcp_address());
  const raw_connection second(s.tcp_address());
  CHECK_THAT(raw_connection(s.tcp_address()).receive(), StartsWith("HTTP/1.1 503"));
  CHECK(s.get("/v1/topologies").status == 200);
}

TEST_CASE("health and status are answered while a command takes long, and commands that are too many are refused", "[control]") {
  served s({.tasks_max = 1});
  std::promise<void> begun;
  std::promise<void> go_on;
  s.node.during_submit = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    begun.set_value();
    go_on.get_future().wait();
  };
  const std::string submit = R"({"manifests": [{"text": "x", "file": "/t.yaml"}]})";
  const std::string request = "POST /v1/topologies HTTP/1.1\r\nConnection: close\r\nContent-Length: " + std::to_string(submit.size()) + "\r\n\r\n" + submit;
  const raw_connection running(s.address());
  running.send(request);
  begun.get_future().wait();
  const raw_connection queued(s.address());
  const raw_connection other(s.address());
  queued.send(request);
  other.send(request);
  CHECK(s.get("/healthz").status == 200);
  CHECK(s.get("/v1/topologies").status == 200);
  // One of the two waits in the lane; the lane has room for one, so the other is told so.
  pollfd either[] = {{queued.descriptor(), POLLIN, 0}, {other.descriptor(), POLLIN, 0}};
  REQUIRE(::poll(either, 2, 60'000) == 1);
  const bool queued_first = (either[0].revents & POLLIN) == 0;
  const std::string refused = (queued_first ? other : queued).receive();
  CHECK_THAT(refused, StartsWith("HTTP/1.1 503"));
  CHECK_THAT(body_of(refused)["error"].get<std::string>(), Contains("busy"));
  go_on.set_value();
  CHECK_THAT(running.receive(), StartsWith("HTTP/1.1 200"));
  CHECK_THAT((queued_first ? queued : other).receive(), StartsWith("HTTP/1.1 200"));
}

TEST_CASE("a server may go while requests are under way", "[control]") {
  std::optional<served> s(std::in_place);
  std::promise<void> begun;
  s->node.during_submit = [&] { begun.set_value(); };
  const raw_connection c(s->address());
  c.send(
      "POST /v1/topologies HTTP/1.1\r\nContent-Length: 49\r\n\r\n"
      R"({"manifests": [{"text": "x", "file": "/t.yaml"}]})");
  const raw_connection half(s->address());
  half.send("GET /healthz HT");
  begun.get_future().wait();
  const std::string socket = s->address();
  CHECK(std::filesystem::exists(socket));
  s->server.reset();
  CHECK_FALSE(std::filesystem::exists(socket));
  (void)c.receive();
  CHECK(half.receive().empty());
}

TEST_CASE("a handler that throws is a defect that is told, not the server's end", "[control]") {
  runtime::router routes;
  routes.add({.pattern = "/throws", .handle = [](const runtime::http_request&) -> runtime::http_response { throw std::runtime_error("oh"); }});
  const workspace place;
  std::vector<runtime::listener> listeners;
  auto l = runtime::listener::at_path((place / "s").string());
  REQUIRE(l);
  listeners.push_back(std::move(*l));
  const auto server = runtime::control_server::start(std::move(listeners), routes, {});
  REQUIRE(server);
  for (int i = 0; i < 2; ++i) {
    const answered a = served::ask_at({(place / "s").string(), ""}, http_verb::get, "/throws");
    CHECK(a.status == 500);
    CHECK_THAT(a.error(), Contains("oh") && Contains("please report"));
  }
}
