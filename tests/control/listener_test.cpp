// Who may open control: the socket's mode and its stale and living predecessors, loopback only, and the token.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "runtime/control/bearer_token.hpp"
#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;
using Catch::Contains;
using runtime::listener;

namespace {

constexpr const char* token = "0123456789abcdef0123456789abcdef";

mode_t mode_of(const std::filesystem::path& path) {
  struct stat s {};
  REQUIRE(::lstat(path.c_str(), &s) == 0);
  return s.st_mode;
}

/// What a process that was killed leaves: a socket's file that nobody listens to.
void leave_stale_socket(const std::filesystem::path& path) {
  const runtime::owned_descriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::string text = path.string();
  std::copy(text.begin(), text.end(), to.sun_path);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
}

}  // namespace

TEST_CASE("the socket is its owner's alone, and goes with its listener", "[control]") {
  const workspace place;
  const std::filesystem::path path = place / "weir.sock";
  {
    const auto l = listener::at_path(path.string());
    REQUIRE(l);
    CHECK(mode_of(path) == (S_IFSOCK | 0600));
    CHECK(mode_of(place / "weir.sock.lock") == (S_IFREG | 0600));
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a dead node's socket is replaced, a living one's never", "[control]") {
  const workspace place;
  const std::filesystem::path path = place / "weir.sock";
  leave_stale_socket(path);
  const auto l = listener::at_path(path.string());
  REQUIRE(l);
  const auto again = listener::at_path(path.string());
  REQUIRE_FALSE(again);
  CHECK(again.why().code == error_code::refused);
  CHECK_THAT(again.why().message, Contains("living node"));
  CHECK(runtime::connect_to(path.string()).ok());
}

TEST_CASE("a socket that something without our lock listens to stays", "[control]") {
  const workspace place;
  const std::filesystem::path path = place / "weir.sock";
  const auto l = listener::at_path(path.string());
  REQUIRE(l);
  std::filesystem::remove(place / "weir.sock.lock");
  const auto again = listener::at_path(path.string());
  REQUIRE_FALSE(again);
  CHECK(again.why().code == error_code::refused);
}

TEST_CASE("a file that is no socket stays", "[control]") {
  const workspace place;
  write_text(place / "weir.sock", "precious");
  const auto l = listener::at_path((place / "weir.sock").string());
  REQUIRE_FALSE(l);
  CHECK(l.why().code == error_code::refused);
  CHECK(read_text(place / "weir.sock") == "precious");
}

TEST_CASE("a path longer than the kernel takes serves all the same", "[control]") {
  const workspace place;
  const std::filesystem::path folder = place / std::string(120, 'd');
  std::filesystem::create_directory(folder);
  const std::string path = (folder / "weir.sock").string();
  const auto l = listener::at_path(path);
  REQUIRE(l);
  CHECK(mode_of(path) == (S_IFSOCK | 0600));
  CHECK(runtime::connect_to(path).ok());
}

TEST_CASE("only loopback addresses are listened to", "[control]") {
  for (const char* address : {"127.0.0.1:0", "127.1.2.3:0", "localhost:0", "[::1]:0"}) {
    CAPTURE(address);
    const auto l = listener::at_loopback(address);
    if (!l && std::string(address).starts_with('[')) continue;  // A machine without IPv6.
    REQUIRE(l);
    CHECK_THAT(l->address(), !Catch::EndsWith(":0"));
    CHECK(runtime::connect_to(l->address()).ok());
  }
  for (const char* address : {"0.0.0.0:0", "192.168.1.1:80", "[::]:0", "example.org:80", "[2001:db8::1]:80"}) {
    CAPTURE(address);
    const auto l = listener::at_loopback(address);
    REQUIRE_FALSE(l);
    CHECK(l.why().code == error_code::usage);
    CHECK_THAT(l.why().message, Contains("no TLS yet") && Contains("127.0.0.1"));
  }
  for (const char* address : {"127.0.0.1", "", ":", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1", "::1:80"}) {
    CAPTURE(address);
    const auto l = listener::at_loopback(address);
    REQUIRE_FALSE(l);
    CHECK(l.why().code == error_code::usage);
  }
}

TEST_CASE("without a token there is no TCP", "[control]") {
  const runtime::router routes;
  std::vector<listener> listeners;
  auto l = listener::at_loopback("127.0.0.1:0");
  REQUIRE(l);
  listeners.push_back(std::move(*l));
  const auto server = runtime::control_server::start(std::move(listeners), routes, {});
  REQUIRE_FALSE(server);
  CHECK_THAT(server.why().message, Contains("--token-file"));
}

TEST_CASE("over TCP only who shows the token is answered, but for health", "[control]") {
  const served s({.token = token}, true, true);
  const std::string tcp = s.tcp_address();
  CHECK(served::ask_at({tcp, token}, http_verb::get, "/v1/topologies").status == 200);
  CHECK(s.get("/v1/topologies").status == 200);
  CHECK(served::ask_at({tcp, ""}, http_verb::get, "/healthz").status == 200);
  CHECK(served::ask_at({tcp, ""}, http_verb::get, "/readyz").status == 200);
  const std::string wrong = GENERATE(as<std::string>(), "", "0123456789abcdef0123456789abcdeg", "0123456789abcdef", "0123456789abcdef0123456789abcdef0");
  for (const char* target : {"/v1/topologies", "/metrics", "/healthz/../v1/node", "/nothing", "/readyz?x"}) {
    CAPTURE(target, wrong);
    const answered a = served::ask_at({tcp, wrong}, http_verb::get, target);
    CHECK(a.status == 401);
    CHECK_THAT(a.error(), Contains("Authorization: Bearer"));
  }
  CHECK(served::ask_at({tcp, wrong}, http_verb::post, "/v1/topologies/copy/stop").status == 401);
  CHECK(s.node.heard().empty());
}

TEST_CASE("a token is shown by the scheme Bearer and compared as a whole", "[control]") {
  using runtime::shows_token;
  CHECK(shows_token("Bearer secret", "secret"));
  CHECK(shows_token("bearer secret", "secret"));
  for (const char* header : {"", "secret", "Basic secret", "Bearer", "Bearer ", "Bearer secre", "Bearer secretsecret", "Bearer Secret", "Bearer  secret"}) {
    CAPTURE(header);
    CHECK_FALSE(shows_token(header, "secret"));
  }
  CHECK_FALSE(shows_token("Bearer ", ""));
}

TEST_CASE("a token's file is for its owner's eyes", "[control]") {
  const workspace place;
  const std::filesystem::path path = place / "token";
  const auto with = [&](const std::string& text, mode_t mode) {
    write_text(path, text);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return runtime::read_token(path.string());
  };
  const auto fine = with("  " + std::string(token) + " \r\nmore\n", 0600);
  REQUIRE(fine);
  CHECK(*fine == token);
  CHECK_THAT(with(token, 0640).why().message, Contains("chmod 600"));
  CHECK_THAT(with(token, 0604).why().message, Contains("chmod 600"));
  CHECK_THAT(with("", 0600).why().message, Contains("openssl rand"));
  CHECK_THAT(with("short\n", 0600).why().message, Contains("5 characters"));
  CHECK_THAT(with(std::string(300, 'x'), 0600).why().message, Contains("300 characters"));
  CHECK_THAT(with("0123456789 0123456789", 0600).why().message, Contains("visible"));
  CHECK(runtime::read_token((place / "none").string()).why().code == error_code::usage);
  CHECK_FALSE(runtime::read_token(place.path().string()));
}

TEST_CASE("where nobody listens the client says where it looked and what to do", "[control]") {
  const workspace place;
  leave_stale_socket(place / "weir.sock");
  for (const std::string& address : {(place / "weir.sock").string(), (place / "none.sock").string(), std::string("127.0.0.1:1")}) {
    const auto r = runtime::ask_node({address, ""}, http_verb::get, "/healthz", "");
    REQUIRE_FALSE(r);
    CHECK(r.why().code == error_code::unreachable);
    CHECK_THAT(r.why().message, Contains(address) && Contains("weir serve") && Contains("--node"));
  }
}
