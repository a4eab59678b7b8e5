#include "runtime/control/http_session.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "runtime/control/bearer_token.hpp"

namespace weir::runtime {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using stream_type = beast::basic_stream<asio::generic::stream_protocol>;

constexpr std::size_t read_buffer_bytes_max = 64u << 10;
/// Of a request that is refused before it has arrived: read and thrown away, so that the client reads the answer and not a reset.
constexpr std::size_t discarded_bytes_max = 1u << 20;
constexpr std::chrono::seconds discard_time_max{2};
constexpr std::chrono::milliseconds again_interval{20};
constexpr unsigned http_1_1 = 11;

std::optional<http_verb> verb_of(http::verb v) {
  switch (v) {
    case http::verb::get: return http_verb::get;
    case http::verb::post: return http_verb::post;
    case http::verb::delete_: return http_verb::del;
    default: return std::nullopt;
  }
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

error usage(std::string message) { return {error_code::usage, std::move(message)}; }

http_response malformed(const beast::error_code& e, const server_options& o) {
  if (e == http::error::header_limit) return error_response(usage(fmt::format("the request's header is larger than {} bytes", o.header_bytes_max)), 431);
  if (e == http::error::body_limit) return error_response(usage(fmt::format("the request's body is larger than {} bytes", o.body_bytes_max)), 413);
  return error_response(usage("this is not HTTP/1.1: " + e.message()), 400);
}

bool is_health(std::string_view target) { return target == "/healthz" || target == "/readyz"; }

class http_session : public std::enable_shared_from_this<http_session> {
 public:
  http_session(session_context& context, asio::generic::stream_protocol::socket socket, bool needs_token, std::shared_ptr<std::atomic<std::size_t>> open)
      : context_(context), open_(std::move(open)), stream_(std::move(socket)), buffer_(read_buffer_bytes_max), pause_(context.io), needs_token_(needs_token) {
    ++*open_;
  }
  ~http_session() { --*open_; }
  http_session(const http_session&) = delete;
  http_session& operator=(const http_session&) = delete;

  void read_header() {
    parser_.emplace();
    parser_->header_limit(context_.options.header_bytes_max);
    parser_->body_limit(context_.options.body_bytes_max);
    stream_.expires_after(context_.options.request_time_max);
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code e, std::size_t) { self->header_read(e); });
  }

 private:
  void header_read(const beast::error_code& e) {
    if (e == http::error::end_of_stream) return close();
    if (e == http::error::header_limit || e == http::error::body_limit || is_parse_error(e)) return refuse(malformed(e, context_.options));
    if (e) return;
    const auto& header = parser_->get();
    if (!verb_of(header.method())) {
      http_response r = error_response(usage("only GET, POST and DELETE are served"), 405);
      r.allow = "GET, POST, DELETE";
      return refuse(std::move(r));
    }
    if (needs_token_ && !is_health(view(header.target())) && !shows_token(view(header[http::field::authorization]), context_.options.token))
      return refuse(error_response(usage("the request shows no valid token; send the token of --token-file as 'Authorization: Bearer TOKEN'"), 401));
    if (beast::iequals(header[http::field::expect], "100-continue")) return invite_body();
    read_body();
  }

  /// What the parser says, not the network.
  static bool is_parse_error(const beast::error_code& e) { return e && e.category() == http::make_error_code(http::error::bad_version).category(); }

  void invite_body() {
    static constexpr std::string_view text = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(text.data(), text.size()), [self = shared_from_this()](beast::error_code e, std::size_t) {
      if (!e) self->read_body();
    });
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code e, std::size_t) {
      if (is_parse_error(e)) return self->refuse(malformed(e, self->context_.options));
      if (!e) self->dispatch();
    });
  }

  void dispatch() {
    stream_.expires_never();
    auto message = parser_->release();
    keep_alive_ = message.keep_alive();
    http_request request{.verb = *verb_of(message.method()), .target = std::string(view(message.target())), .body = std::move(message.body())};
    routed r = context_.routes.find(request);
    if (r.found == nullptr) return write(std::move(r.refusal));
    if (r.found->where == lane::at_once) return write(answer(*r.found, request));
    came_ = std::chrono::steady_clock::now();
    post(*r.found, std::move(request));
  }

  void post(const route& found, http_request request) {
    task_lane& where = lane_of(found.where);
    // The session's last owner is always the server's thread: the lane gives its share back with the answer.
    auto task = [self = shared_from_this(), &found, asked = std::move(request)]() mutable {
      http_response done = answer(found, asked);
      asio::io_context& io = self->context_.io;
      asio::post(io, [self = std::move(self), &found, asked = std::move(asked), done = std::move(done)]() mutable {
        if (!done.again) return self->write(std::move(done));
        self->post_later(found, std::move(asked));
      });
    };
    if (!where.post(std::move(task))) write(error_response({error_code::failed, "the node is busy with other requests; try again later"}, 503));
  }

  /// So that who waits for something to come keeps no lane from others.
  void post_later(const route& found, http_request request) {
    pause_.expires_after(again_interval);
    pause_.async_wait([self = shared_from_this(), &found, asked = std::move(request)](const beast::error_code& e) mutable {
      if (e) return;
      asked.waited = std::chrono::steady_clock::now() - self->came_;
      self->post(found, std::move(asked));
    });
  }

  task_lane& lane_of(lane which) const noexcept {
    return which == lane::commands ? context_.commands : which == lane::reads ? context_.reads : context_.publications;
  }

  /// Answers before the request has arrived as a whole, after which nothing of what follows can be understood.
  void refuse(http_response r) {
    keep_alive_ = false;
    write(std::move(r));
  }

  void write(http_response r) {
    response_ = {};
    response_.version(http_1_1);
    response_.result(r.status);
    response_.set(http::field::content_type, r.content_type);
    response_.set(http::field::cache_control, "no-store");
    if (r.status == 401) response_.set(http::field::www_authenticate, "Bearer");
    if (r.status == 503) response_.set(http::field::retry_after, "1");
    if (!r.allow.empty()) response_.set(http::field::allow, r.allow);
    response_.body() = std::move(r.body);
    response_.keep_alive(keep_alive_);
    response_.prepare_payload();
    stream_.expires_after(context_.options.response_time_max);
    http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code e, std::size_t) {
      if (e) return;
      if (self->keep_alive_)
        self->read_header();
      else
        self->close();
    });
  }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
    stream_.expires_after(discard_time_max);
    discard();
  }

  void discard() {
    stream_.async_read_some(asio::buffer(discarded_), [self = shared_from_this()](beast::error_code e, std::size_t n) {
      self->discarded_bytes_ += n;
      if (!e && self->discarded_bytes_ < discarded_bytes_max) self->discard();
    });
  }

  session_context& context_;
  const std::shared_ptr<std::atomic<std::size_t>> open_;
  stream_type stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  asio::steady_timer pause_;
  std::chrono::steady_clock::time_point came_;
  std::array<char, 4096> discarded_{};
  std::size_t discarded_bytes_ = 0;
  bool needs_token_ = false;
  bool keep_alive_ = false;
};

}  // namespace

void begin_session(session_context& context, owned_descriptor socket, int family, bool needs_token, std::shared_ptr<std::atomic<std::size_t>> open) {
  asio::generic::stream_protocol::socket s(context.io);
  beast::error_code failed;
  s.assign(asio::generic::stream_protocol(family, 0), socket.get(), failed);
  if (failed) return;
  (void)socket.release();
  std::make_shared<http_session>(context, std::move(s), needs_token, std::move(open))->read_header();
}

void turn_away(const owned_descriptor& socket) noexcept {
  static constexpr std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 84\r\n\r\n"
      "{\"code\":\"failed\",\"error\":\"the node has too many connections; close some, or retry\"}\n";
  (void)::send(socket.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace weir::runtime
