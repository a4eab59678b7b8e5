// A client's side of a connection that breaks.
#include <poll.h>
#include <sys/socket.h>

#include <thread>

#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;

TEST_CASE("a node that goes away before it has answered is not reachable", "[control][client]") {
  const std::string said = GENERATE(values<std::string>({"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"}));
  const workspace place;
  auto at = runtime::listener::at_path((place / "weir.sock").string());
  REQUIRE(at);
  std::thread node([&] {
    pollfd p{at->descriptor(), POLLIN, 0};
    ::poll(&p, 1, 60'000);
    const runtime::owned_descriptor peer(::accept(at->descriptor(), nullptr, nullptr));
    std::array<char, 4096> request{};
    (void)::recv(peer.get(), request.data(), request.size(), 0);
    (void)::send(peer.get(), said.data(), said.size(), MSG_NOSIGNAL);
  });
  const auto answered = runtime::ask_node({at->address(), ""}, http_verb::get, "/healthz", "");
  node.join();
  REQUIRE_FALSE(answered);
  CHECK(answered.why().code == error_code::unreachable);
}
