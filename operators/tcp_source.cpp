// `tcp-source`: the lines that any number of TCP connections send, as records. Each is acknowledged when it is durable.
//
//   - name: lines
//     uses: tcp-source
//     ostreams: {lines: events}
//     with: {port: 7000, key: separator, key_separator: ","}
//
// What a peer sees (every message of the source is one line):
//   OK 17       its lines up to number 17 are durable. Not every number is told: one acknowledgement stands for all before it.
//   ERR reason  nothing more is taken from this connection, which is closed then. Acknowledgements of what was taken come first.
// Lines count from 1 on each connection. A peer that loses its connection does not know of what it sent last; sending it again may double it.
// With `numbered: true` nothing is doubled: a connection begins with `HELLO name`, answered by `OK n`, and each line is `number text` with numbers that
// grow. The highest number of each name is state and commits with the records, so lines up to it are dropped (and acknowledged, when it is durable): a peer
// that sends again what was not acknowledged, over any connection and after any crash, has each line taken exactly once.
//
// The source never waits: it reads what is there, and one acknowledgement waits for a peer that reads slowly. A line that is cut off by the connection's end
// is dropped (counted in half_lines): it was not acknowledged. Time: when it was read.
#include <sys/epoll.h>
#include <weir/weir.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "operators/tcp_connection.hpp"
#include "operators/tcp_listener.hpp"

namespace weir::operators {

class tcp_source final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "tcp-source",
            .version = "1",
            .ostreams = {"lines"},
            .states = {weir::per_partition<std::uint64_t>("numbers")},
            .config = {{"address", config_type::text, "127.0.0.1", "numeric address to listen on; 0.0.0.0 or :: for every one that the machine has"},
                       {"port", config_type::number, weir::required, "port of partition 0, the others follow; 0: one that is free, said in the node's log"},
                       {"numbered", config_type::boolean, "false", "lines are `number text` behind a `HELLO name`; what was taken before is dropped"},
                       {"key", config_type::text, "none", "none, separator (what stands before key_separator), or peer (its name, else its address)"},
                       {"key_separator", config_type::text, "\t", "ends the key where key is separator; a line without it has an empty key"},
                       {"line_bytes_max", config_type::bytes, "1MiB", "a longer line ends its connection"},
                       {"connections_max", config_type::number, "1000", "more are refused"},
                       {"names_max", config_type::number, "100000", "how many names are remembered; others are refused then"},
                       {"idle_timeout", config_type::duration, "1s", "after so long without a line nobody's watermark waits for this source; 0s: for ever"}}};
  }

  void initialize(weir::context& ctx) override {
    lines_ = ctx.ostream("lines");
    numbers_ = ctx.partition_state<std::uint64_t>("numbers");
    half_lines_ = ctx.counter("half_lines");
    repeated_lines_ = ctx.counter("repeated_lines");
    open_connections_ = ctx.gauge("connections");
    read_config(ctx);
    numbers_.for_each([this](std::string_view, const std::uint64_t&) { ++names_; });
    next_id_ = static_cast<std::uint64_t>(ctx.now().since_epoch().count());  // Acknowledgements that an object before this one asked for find nobody.
    epoll_ = descriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.is_open()) throw std::runtime_error(std::string("epoll_create1: ") + std::strerror(errno));
    listener_ = tcp_listener(ctx.config().text("address"), port_of(ctx));
    watch(EPOLL_CTL_ADD, listener_.fd(), listener_id, EPOLLIN);
    ctx.log(weir::level::info, "listens on " + listener_.text());
  }

  weir::poll_result poll(weir::context& ctx) override {
    std::array<epoll_event, connections_per_poll> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 == listener_id) {
        let_in(ctx);
      } else if (const auto found = connections_.find(event.data.u64); found != connections_.end()) {
        serve(ctx, found->second, event.events);
      }
    }
    if (count > 0) return weir::poll_result::more;
    if (!listening_) {
      listening_ = true;
      watch(EPOLL_CTL_MOD, listener_.fd(), listener_id, EPOLLIN);
    }
    return weir::poll_result::readable(epoll_.get());
  }

  void process_durable(weir::context&, std::uint64_t token) override {
    const auto found = connections_.find(token);
    if (found == connections_.end()) return;  // Gone meanwhile, or of an object before this one.
    found->second.at.durable();
    go_on(found->second);
  }

 private:
  /// So few that a frame stays small; those that wait longest come first.
  static constexpr std::size_t connections_per_poll = 4;
  static constexpr std::uint64_t listener_id = 0;
  static constexpr std::size_t refused_at_once_max = 64;  // Beyond, connections are not even told why.
  static constexpr std::size_t name_bytes_max = 100;

  enum class keying : std::uint8_t { none, separator, peer };

  struct peer {
    tcp_connection at;
    std::string name = {};      // With `numbered`; empty before its HELLO.
    std::uint64_t number = 0;   // Of its last line.
    std::uint32_t watched = 0;  // What epoll was told.
  };

  void read_config(const weir::context& ctx) {
    const auto& config = ctx.config();
    numbered_ = config.boolean("numbered");
    const std::string key = config.text("key");
    if (key != "none" && key != "separator" && key != "peer") throw std::invalid_argument("with.key is \"" + key + "\"; it may be none, separator or peer");
    keying_ = key == "separator" ? keying::separator : key == "peer" ? keying::peer : keying::none;
    key_separator_ = config.text("key_separator");
    if (key_separator_.empty()) throw std::invalid_argument("with.key_separator is empty; name the text that ends a key");
    line_bytes_max_ = config.bytes("line_bytes_max");
    if (line_bytes_max_ == 0 || line_bytes_max_ > (std::uint64_t{8} << 20)) throw std::invalid_argument("with.line_bytes_max must lie between 1B and 8MiB");
    connections_max_ = config.number<std::uint32_t>("connections_max");
    names_max_ = config.number<std::uint32_t>("names_max");
  }

  static int port_of(weir::context& ctx) {
    ctx.idle_timeout(ctx.config().duration("idle_timeout"));
    const auto port = ctx.config().number("port");
    if (port < 0 || port > 65535) throw std::invalid_argument("with.port must lie between 0 and 65535");
    if (port == 0) return 0;
    const std::int64_t mine = port + ctx.partition();
    if (mine > 65535) throw std::invalid_argument("with.port: partition " + std::to_string(ctx.partition()) + " would need port " + std::to_string(mine));
    return static_cast<int>(mine);
  }

  void watch(int operation, int fd, std::uint64_t id, std::uint32_t what) const {
    epoll_event event{};
    event.events = what;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), operation, fd, &event) != 0) throw std::runtime_error(std::string("epoll_ctl: ") + std::strerror(errno));
  }

  void let_in(weir::context& ctx) {
    for (;;) {
      socket_name name;
      descriptor socket = listener_.accept(name);
      if (!socket.is_open()) {
        if (errno == EAGAIN) return;
        // Most likely the process has no descriptors left. It waits at the door until something else happens here.
        ctx.log(weir::level::warning, std::string("cannot take another connection now: ") + std::strerror(errno));
        watch(EPOLL_CTL_MOD, listener_.fd(), listener_id, 0);
        listening_ = false;
        return;
      }
      if (connections_.size() >= connections_max_ + refused_at_once_max) continue;
      const std::uint64_t id = ++next_id_;
      peer& p = connections_.try_emplace(id, peer{tcp_connection(id, std::move(socket), std::move(name.host))}).first->second;
      p.watched = EPOLLIN;
      watch(EPOLL_CTL_ADD, p.at.fd(), id, p.watched);
      if (connections_.size() > connections_max_) p.at.refuse("too many connections (connections_max is " + std::to_string(connections_max_) + ')');
      open_connections_.set(static_cast<std::int64_t>(connections_.size()));
      go_on(p);
    }
  }

  void serve(weir::context& ctx, peer& p, std::uint32_t events) {
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) p.at.break_off();
    if ((events & EPOLLIN) != 0 && p.at.wants_input()) {
      const bool was_open = p.at.open();
      p.at.read();
      if (was_open) take_lines(ctx, p);
    }
    go_on(p);
  }

  /// Sends what waits, and sees to it that epoll tells what is waited for. The peer is gone afterwards where it is done with.
  void go_on(peer& p) {
    p.at.send();
    if (p.at.over()) {
      if (p.at.begun_bytes() != 0) half_lines_.add(1);
      connections_.erase(p.at.id());
      open_connections_.set(static_cast<std::int64_t>(connections_.size()));
      return;
    }
    const std::uint32_t wanted = (p.at.wants_input() ? EPOLLIN : 0U) | (p.at.wants_output() ? EPOLLOUT : 0U);
    if (wanted != p.watched) watch(EPOLL_CTL_MOD, p.at.fd(), p.at.id(), p.watched = wanted);
  }

  void take_lines(weir::context& ctx, peer& p) {
    const weir::event_time now = std::max(weir::event_time(ctx.now().since_epoch()), ctx.watermark());  // The clock may go back, this does not.
    const std::uint64_t before = p.number;
    bool produced = false;
    bool answer = false;
    while (const auto line = p.at.next_line()) {
      if (line->size() > line_bytes_max_) {
        p.at.refuse(too_long());
      } else if (!numbered_) {
        produce(p, *line, now);
        ++p.number;
        produced = true;
      } else if (p.name.empty()) {
        answer = greet(p, *line);
      } else {
        produced |= take_numbered(p, *line, now);
        answer = true;
      }
      if (!p.at.open()) break;
    }
    if (p.at.open() && p.at.begun_bytes() > line_bytes_max_) p.at.refuse(too_long());
    if (produced) ctx.emit_watermark(now);
    if (numbered_ && p.number > stored_number(p.name)) numbers_[p.name] = p.number;
    if (!answer && p.number == before) return;
    p.at.taken(p.number);
    ctx.when_durable(p.at.id());
  }

  std::string too_long() const { return "a line is longer than line_bytes_max, " + std::to_string(line_bytes_max_) + " bytes"; }
  std::uint64_t stored_number(std::string_view name) const {
    const std::uint64_t* known = numbers_.find(name);
    return known != nullptr ? *known : 0;
  }

  /// The first line of a peer that numbers its lines. Whether it is answered with the number up to which they are known.
  bool greet(peer& p, std::string_view line) {
    const std::string_view name = line.substr(std::min(line.size(), std::string_view("HELLO ").size()));
    if (!line.starts_with("HELLO ") || name.empty() || name.size() > name_bytes_max || name.find(' ') != std::string_view::npos) {
      p.at.refuse("the first line must be HELLO and a name of 1 to " + std::to_string(name_bytes_max) + " bytes without blanks");
      return false;
    }
    if (numbers_.find(name) == nullptr) {
      if (names_ >= names_max_) {
        p.at.refuse("too many names (names_max is " + std::to_string(names_max_) + ')');
        return false;
      }
      ++names_;
      numbers_[name] = 0;  // A place among names_max from now on.
    }
    const auto other = std::find_if(connections_.begin(), connections_.end(), [&](const auto& c) { return c.second.name == name; });
    p.name = name;
    p.number = stored_number(name);
    if (other != connections_.end()) {
      other->second.name.clear();
      other->second.at.refuse("another connection has said HELLO with this name");
      go_on(other->second);
    }
    return true;
  }

  /// Whether there is a record.
  bool take_numbered(peer& p, std::string_view line, weir::event_time now) {
    std::uint64_t number = 0;
    const auto end = std::from_chars(line.data(), line.data() + line.size(), number);
    const auto digits = static_cast<std::size_t>(end.ptr - line.data());
    if (end.ec != std::errc() || number == 0 || digits == line.size() || line[digits] != ' ') {
      p.at.refuse("a line must be a number from 1 on, a blank and a text");
      return false;
    }
    if (number <= p.number) {
      repeated_lines_.add(1);
      return false;
    }
    p.number = number;
    produce(p, line.substr(digits + 1), now);
    return true;
  }

  void produce(const peer& p, std::string_view text, weir::event_time now) {
    if (keying_ == keying::none) return lines_.produce("", text, now);
    if (keying_ == keying::peer) return lines_.produce(numbered_ ? p.name : p.at.address(), text, now);
    const std::size_t end = text.find(key_separator_);
    if (end == std::string_view::npos) return lines_.produce("", text, now);
    lines_.produce(text.substr(0, end), text.substr(end + key_separator_.size()), now);
  }

  weir::ostream lines_;
  weir::partition_state<std::uint64_t> numbers_;  // By name: the highest number that was taken.
  weir::counter half_lines_;
  weir::counter repeated_lines_;
  weir::gauge open_connections_;
  bool numbered_ = false;
  keying keying_ = keying::none;
  std::string key_separator_;
  std::uint64_t line_bytes_max_ = 0;
  std::size_t connections_max_ = 0;
  std::size_t names_max_ = 0;
  std::size_t names_ = 0;
  descriptor epoll_;
  tcp_listener listener_;
  bool listening_ = true;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, peer> connections_;  // By id.
};

WEIR_EXPORT_OPERATOR(tcp_source)

}  // namespace weir::operators
