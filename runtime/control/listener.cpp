#include "runtime/control/listener.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <utility>

namespace weir::runtime {

namespace {

constexpr int waiting_connections_max = 64;

error failed_call(const std::string& what, const std::string& remedy, int number = errno) {
  return {error_code::failed, fmt::format("{}: {}; {}", what, std::strerror(number), remedy)};
}

/// An address of the kernel's, of either family.
struct kernel_address {
  sockaddr_storage bytes{};
  socklen_t size = 0;
  owned_descriptor folder = {};  ///< Keeps a long path short.
  const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&bytes); }
};

/// The kernel takes paths of 107 bytes; longer ones go through a descriptor of their folder.
result<kernel_address> address_of_path(const std::string& path) {
  kernel_address a;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::string text = path;
  if (text.size() >= sizeof to.sun_path) {
    const std::filesystem::path whole(path);
    const std::string folder = whole.has_parent_path() ? whole.parent_path().string() : ".";
    a.folder = owned_descriptor(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!a.folder) return failed_call(folder, "choose a directory that is there");
    text = fmt::format("/proc/self/fd/{}/{}", a.folder.get(), whole.filename().string());
    if (text.size() >= sizeof to.sun_path) return error{error_code::usage, fmt::format("{}: the socket's name is too long; choose a shorter one", path)};
  }
  std::memcpy(to.sun_path, text.data(), text.size());
  std::memcpy(&a.bytes, &to, sizeof to);
  a.size = sizeof to;
  return a;
}

struct host_and_port {
  std::string host;
  std::uint16_t port = 0;
};

result<host_and_port> split_address(const std::string& address) {
  const error wrong{error_code::usage, fmt::format("'{}': expected HOST:PORT, like 127.0.0.1:7077, or [::1]:7077", address)};
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return wrong;
  host_and_port a{address.substr(0, colon), 0};
  const auto [end, failed] = std::from_chars(address.data() + colon + 1, address.data() + address.size(), a.port);
  if (failed != std::errc() || end != address.data() + address.size()) return wrong;
  if (a.host.size() > 2 && a.host.front() == '[' && a.host.back() == ']')
    a.host = a.host.substr(1, a.host.size() - 2);
  else if (a.host.find(':') != std::string::npos)
    return wrong;
  if (a.host == "localhost") a.host = "127.0.0.1";
  return a;
}

result<kernel_address> loopback_address(const std::string& address) {
  const auto parts = split_address(address);
  if (!parts) return parts.why();
  kernel_address a;
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const error elsewhere{error_code::usage, fmt::format("'{}' is not of this machine's loopback, and what is said over a network would be open to all on the "
                                                       "way, since there is no TLS yet; use 127.0.0.1:{}, and an SSH tunnel from elsewhere",
                                                       address, parts->port)};
  if (::inet_pton(AF_INET, parts->host.c_str(), &v4.sin_addr) == 1) {
    if ((ntohl(v4.sin_addr.s_addr) >> 24) != 127) return elsewhere;
    v4.sin_family = AF_INET;
    v4.sin_port = htons(parts->port);
    std::memcpy(&a.bytes, &v4, a.size = sizeof v4);
    return a;
  }
  if (::inet_pton(AF_INET6, parts->host.c_str(), &v6.sin6_addr) != 1 || !IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) return elsewhere;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(parts->port);
  std::memcpy(&a.bytes, &v6, a.size = sizeof v6);
  return a;
}

std::uint16_t port_of(int socket) {
  sockaddr_storage bytes{};
  socklen_t size = sizeof bytes;
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&bytes), &size) != 0) return 0;
  sockaddr_in v4{};
  std::memcpy(&v4, &bytes, sizeof v4);  // The port lies at the same place in both families.
  return ntohs(v4.sin_port);
}

/// Whether somebody accepts connections at a Unix socket.
bool answers(const kernel_address& a) {
  const owned_descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return probe && (::connect(probe.get(), a.get(), a.size) == 0 || errno == EAGAIN);
}

}  // namespace

owned_descriptor& owned_descriptor::operator=(owned_descriptor&& other) noexcept {
  if (this == &other) return *this;
  if (number_ >= 0) ::close(number_);
  number_ = other.release();
  return *this;
}

owned_descriptor::~owned_descriptor() {
  if (number_ >= 0) ::close(number_);
}

int owned_descriptor::release() noexcept { return std::exchange(number_, -1); }

result<listener> listener::at_path(const std::string& path) {
  const error taken{error_code::refused, fmt::format("{} is served by a living node; stop that one first, or choose another --data directory", path)};
  const std::string lock_path = path + ".lock";
  listener l;
  l.lock_ = owned_descriptor(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!l.lock_) return failed_call(lock_path, "check permissions of the directory");
  if (::flock(l.lock_.get(), LOCK_EX | LOCK_NB) != 0) return taken;
  auto address = address_of_path(path);
  if (!address) return address.why();
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0) {
    if (!S_ISSOCK(there.st_mode)) return error{error_code::refused, fmt::format("{} is there and is no socket; move it away", path)};
    if (answers(*address)) return taken;
    if (::unlink(path.c_str()) != 0) return failed_call(path, "check permissions of the directory");
  }
  l.socket_ = owned_descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The file is made with the mode that the socket has before, so that there is no moment in which others may open it.
  if (!l.socket_ || ::fchmod(l.socket_.get(), S_IRUSR | S_IWUSR) != 0) return failed_call(path, "try again");
  if (::bind(l.socket_.get(), address->get(), address->size) != 0) return failed_call(path, "check permissions of the directory");
  l.path_ = path;
  l.address_ = path;
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) return failed_call(path, "check permissions of the directory");
  if (::listen(l.socket_.get(), waiting_connections_max) != 0) return failed_call(path, "try again");
  return l;
}

result<listener> listener::at_loopback(const std::string& address) {
  auto at = loopback_address(address);
  if (!at) return error{at.why().code, "--listen " + at.why().message};
  listener l;
  l.socket_ = owned_descriptor(::socket(at->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  if (!l.socket_ || ::setsockopt(l.socket_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return failed_call(address, "try again");
  if (::bind(l.socket_.get(), at->get(), at->size) != 0 || ::listen(l.socket_.get(), waiting_connections_max) != 0)
    return failed_call("--listen " + address, "choose another port, or port 0 for any that is free");
  const std::string host = address.substr(0, address.rfind(':'));
  l.address_ = fmt::format("{}:{}", host, port_of(l.socket_.get()));
  return l;
}

listener::~listener() {
  if (socket_ && !path_.empty()) ::unlink(path_.c_str());
}

bool is_tcp_address(const std::string& address) { return address.find('/') == std::string::npos && split_address(address).ok(); }

result<owned_descriptor> connect_to(const std::string& address) {
  const bool tcp = is_tcp_address(address);
  auto at = tcp ? loopback_address(address) : address_of_path(address);
  const auto unreachable = [&](const std::string& why) {
    return error{error_code::unreachable,
                 fmt::format("no node answers at {} ({}); start one with `weir serve`, or say where it is with --node or WEIR_NODE", address, why)};
  };
  if (!at) return at.why().code == error_code::usage ? at.why() : unreachable(at.why().message);
  owned_descriptor socket(::socket(at->bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return failed_call(address, "try again");
  int done = 0;
  do done = ::connect(socket.get(), at->get(), at->size);
  while (done != 0 && errno == EINTR);
  if (done != 0) {
    const int number = errno;
    if (number == EACCES || number == EPERM)
      return error{error_code::unreachable,
                   fmt::format("{} may be opened by the user who runs the node only; become that user, or use --node HOST:PORT with a token", address)};
    return unreachable(std::strerror(number));
  }
  return socket;
}

}  // namespace weir::runtime
