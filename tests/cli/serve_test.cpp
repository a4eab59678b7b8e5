// weir serve as a process: where it listens and for whom, how it ends, and what it tells a service manager.
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cstddef>

#include "tests/cli/serving.hpp"

using namespace weir::test;
using Catch::Contains;
using Catch::StartsWith;

namespace {

constexpr const char* token = "0123456789abcdef0123456789abcdef\n";

void write_token(const std::filesystem::path& path, mode_t mode = 0600) {
  write_text(path, token);
  REQUIRE(::chmod(path.c_str(), mode) == 0);
}

/// What a service manager listens on, by a name in the kernel's abstract space or by a path.
class notify_socket {
 public:
  explicit notify_socket(std::string name) : name_(std::move(name)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name_.copy(at.sun_path, sizeof at.sun_path - 1);
    if (name_.front() == '@') at.sun_path[0] = '\0';
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&at), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size())) == 0);
  }
  notify_socket(const notify_socket&) = delete;
  notify_socket& operator=(const notify_socket&) = delete;
  ~notify_socket() { ::close(socket_); }

  /// Whether this comes, after whatever else.
  bool hears(const std::string& line) const {
    for (;;) {
      pollfd p{socket_, POLLIN, 0};
      if (::poll(&p, 1, 60'000) != 1) return false;
      std::array<char, 512> text{};
      const ssize_t n = ::recv(socket_, text.data(), text.size(), 0);
      for (const std::string& one : lines_of(std::string(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0)))
        if (one == line) return true;
    }
  }

 private:
  std::string name_;
  int socket_;
};

}  // namespace

TEST_CASE("a node stays up until it is told to end, on a socket that is its owner's alone", "[cli][serve]") {
  const workspace place;
  const std::string socket = (place / "data/weir.sock").string();
  const int signal = GENERATE(SIGTERM, SIGINT);
  serving node(place);
  CHECK(node.out() == "listening " + socket + "\nready " + (place / "data").string() + "\n");
  struct stat about {};
  REQUIRE(::lstat(socket.c_str(), &about) == 0);
  CHECK(about.st_mode == (S_IFSOCK | 0600));
  CHECK(node.asked({"list"}) == json({{"topologies", json::array()}}));
  CHECK(node.end(signal) == 128 + signal);
  CHECK_FALSE(std::filesystem::exists(socket));
  CHECK(node.err().empty());
}

TEST_CASE("a second node on the same data is refused, and the first one stays reachable", "[cli][serve]") {
  const workspace place;
  serving node(place);
  const outcome second = weir_command(place)({"serve", "--data", (place / "data").string(), "--segment-bytes", "1MiB"});
  CHECK(second.status == 4);
  CHECK_THAT(second.error_line(), Contains("living node"));
  CHECK(node({"list"}).status == 0);
}

TEST_CASE("a node that cannot start leaves no socket", "[cli][serve]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", "one\n");
  const weir_command weir(place);
  REQUIRE(weir({"run", "t.yaml", "--data", "data"}).status == 0);
  const outcome o = weir({"serve", "--data", "data", "--segment-bytes", "1MiB"});
  CHECK(o.status == 4);  // The directory has segments of another size.
  CHECK_FALSE(std::filesystem::exists(place / "data/weir.sock"));
}

TEST_CASE("what a killed node left is replaced", "[cli][serve]") {
  const workspace place;
  {
    serving node(place);
    CHECK(node.end(SIGKILL) == 128 + SIGKILL);
  }
  CHECK(std::filesystem::exists(place / "data/weir.sock"));
  CHECK(weir_command(place)({"list", "--node", "data"}).status == 3);
  serving again(place);
  CHECK(again({"list"}).status == 0);
}

TEST_CASE("nothing is put into a directory that is not weir's", "[cli][serve]") {
  const workspace place;
  std::filesystem::create_directory(place / "home");
  write_text(place / "home/diary.txt", "dear\n");
  const outcome o = weir_command(place)({"serve", "--data", "home"});
  CHECK(o.status == 4);
  CHECK_THAT(o.error_line(), Contains("diary.txt"));
  CHECK(std::distance(std::filesystem::directory_iterator(place / "home"), {}) == 1);
}

TEST_CASE("over TCP a node answers on loopback, to who shows the token", "[cli][serve]") {
  const workspace place;
  write_token(place / "token");
  serving node(place, {"--listen", "127.0.0.1:0", "--token-file", (place / "token").string()});
  const auto said = lines_of(node.out());
  REQUIRE(said.size() == 3);
  REQUIRE_THAT(said[1], StartsWith("listening 127.0.0.1:"));
  const std::string address = said[1].substr(std::string("listening ").size());
  const weir_command weir(place);
  CHECK(weir({"list", "--node", address, "--token-file", "token"}).status == 0);
  CHECK(weir({"list"}, {{"WEIR_NODE", address}, {"WEIR_TOKEN_FILE", (place / "token").string()}}).status == 0);
  const outcome without = weir({"list", "--node", address});
  CHECK(without.status == 2);
  CHECK_THAT(without.error_line(), Contains("--token-file"));
}

TEST_CASE("what nobody should listen to or with is refused before anything is made", "[cli][serve]") {
  const workspace place;
  write_token(place / "token");
  write_token(place / "open", 0644);
  const weir_command weir(place);
  const auto [arguments, says] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"serve", "--listen", "0.0.0.0:0", "--token-file", "token"}, "loopback"},
      {{"serve", "--listen", "127.0.0.1:0"}, "--token-file"},
      {{"serve", "--listen", "127.0.0.1", "--token-file", "token"}, "HOST:PORT"},
      {{"serve", "--token-file", "open"}, "chmod 600"},
      {{"serve", "--token-file", "none"}, "openssl rand"},
      {{"serve", "--cores", "x"}, "--cores x"},
      {{"serve", "--segment-bytes", "1"}, "segment_bytes"},
  }));
  const outcome o = weir(arguments);
  CAPTURE(arguments);
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains(says));
  CHECK_FALSE(std::filesystem::exists(place / "weir-data/meta"));
  CHECK_FALSE(std::filesystem::exists(place / "weir-data/weir.sock"));
}

TEST_CASE("a service manager hears when a node is ready, that it lives, and when it stops", "[cli][serve]") {
  const workspace place;
  const bool abstract = GENERATE(false, true);
  const std::string name = abstract ? "@weir-test-" + place.path().filename().string() : (place / "notify").string();
  const notify_socket manager(name);
  serving node(place, {}, {{"NOTIFY_SOCKET", name}, {"WATCHDOG_USEC", "200000"}});
  CHECK(manager.hears("READY=1"));
  CHECK(manager.hears("WATCHDOG=1"));
  CHECK(manager.hears("WATCHDOG=1"));
  node.node().signal(SIGTERM);
  CHECK(manager.hears("STOPPING=1"));
  CHECK(node.node().wait() == 143);
}
