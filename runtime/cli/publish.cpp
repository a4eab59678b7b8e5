// weir publish: lines of standard input become records of an external stream. Batch after batch; each is numbered, and sent again until the node says that it
// is durable, so that no line is lost or doubled, whatever happens to the connection or the node meanwhile.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "runtime/cli/remote.hpp"
#include "runtime/cli/standard_streams.hpp"
#include "runtime/control/client.hpp"
#include "runtime/control/router.hpp"
#include "runtime/operator/publish_batch.hpp"
#include "topology/defaults.hpp"
#include "topology/names.hpp"
#include "topology/quantities.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;
using std::chrono::steady_clock;

constexpr std::size_t batch_bytes_target = 1u << 20;
constexpr std::uint64_t batch_lines_max = 16'384;
constexpr std::chrono::milliseconds retry_delay_min{100};
constexpr std::chrono::milliseconds retry_delay_max{2'000};
constexpr std::chrono::milliseconds progress_interval{200};
constexpr unsigned not_now = 503;
static_assert(batch_lines_max <= runtime::publish_limits{}.records_max);

struct publish_options {
  remote_options remote;
  std::string stream;
  std::string key_separator;
  std::string id;
  std::string retry_timeout = "1min";
};

/// Standard input in batches of whole lines. Memory: a batch and a line.
class line_batches {
 public:
  /// The next lines, as they are, and how many; as many as there are by now, at least one. None at the end. A last line need not be ended.
  result<std::string> next(std::uint64_t& lines) {
    for (;;) {
      const std::size_t end = cut(lines);
      const bool too_long = held_.size() - end > line_bytes_max && !full(end, lines);
      if (end > 0 && (full(end, lines) || too_long || ended_ || !more_is_there())) return take(end);
      if (ended_) return take(held_.size());
      if (too_long)
        return error{error_code::usage,
                     fmt::format("line {} of the input is longer than {} bytes; shorten it, all before it is published", done_ + lines + 1, line_bytes_max)};
      if (auto read = fill(); !read) return read.why();
    }
  }
  std::uint64_t done() const noexcept { return done_; }
  void published(std::uint64_t lines) noexcept { done_ += lines; }

 private:
  static constexpr std::size_t line_bytes_max = runtime::publish_limits{}.record_bytes_max;

  static bool full(std::size_t bytes, std::uint64_t lines) noexcept { return bytes >= batch_bytes_target || lines >= batch_lines_max; }

  /// Where the batch that could be made of what is held ends.
  std::size_t cut(std::uint64_t& lines) const {
    std::size_t end = 0;
    for (lines = 0; !full(end, lines); ++lines) {
      const std::size_t at = held_.find('\n', end);
      if (at != std::string::npos) {
        end = at + 1;
        continue;
      }
      if (!ended_ || end == held_.size()) break;
      end = held_.size();
    }
    return end;
  }

  std::string take(std::size_t end) {
    std::string batch = held_.substr(0, end);
    held_.erase(0, end);
    return batch;
  }

  /// Whether reading would not wait: then a batch may as well grow.
  static bool more_is_there() {
    pollfd in{STDIN_FILENO, POLLIN, 0};
    return ::poll(&in, 1, 0) == 1;
  }

  result<void> fill() {
    constexpr std::size_t read_bytes = 64u << 10;
    const std::size_t before = held_.size();
    held_.resize(before + read_bytes);
    ssize_t n = 0;
    do n = ::read(STDIN_FILENO, held_.data() + before, read_bytes);
    while (n < 0 && errno == EINTR);
    held_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(0, n)));
    if (n < 0) return error{error_code::failed, fmt::format("standard input cannot be read: {}", std::strerror(errno))};
    ended_ = n == 0;
    return {};
  }

  std::string held_;
  std::uint64_t done_ = 0;
  bool ended_ = false;
};

/// A name that nobody else has.
std::string random_id() {
  std::random_device device;
  std::string id = "publish-";
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", device());
  return id;
}

class publisher {
 public:
  publisher(const publish_options& o, std::int64_t retry_ns) : options_(o), retry_for_(retry_ns), id_(o.id.empty() ? random_id() : o.id) {
    target_ = fmt::format("/v1/streams/{}/records?producer={}", runtime::percent_encoded(o.stream), runtime::percent_encoded(id_));
    if (!o.key_separator.empty()) target_ += "&key_separator=" + runtime::percent_encoded(o.key_separator);
  }

  result<void> run() {
    // Whether the stream takes anything is told before anybody has typed a line.
    if (auto asked = send("", 1); !asked) return asked;
    for (;;) {
      std::uint64_t lines = 0;
      const auto batch = input_.next(lines);
      if (!batch) return batch.why();
      if (batch->empty()) return {};
      if (auto sent = send(*batch, input_.done() + 1); !sent)
        return error{sent.why().code, sent.why().message + fmt::format(" ({} records are published{})", grouped(input_.done()),
                                                                       options_.id.empty() ? "" : "; the same command with the same input goes on there")};
      input_.published(lines);
      show_progress();
    }
  }

  std::uint64_t records() const noexcept { return input_.done(); }
  std::uint64_t repeated() const noexcept { return repeated_; }
  const std::string& id() const noexcept { return id_; }

 private:
  /// Until it is durable, refused, or the time is over. Where no node has answered yet, it does not wait for one.
  result<void> send(const std::string& batch, std::uint64_t first) {
    const std::string target = target_ + "&number=" + std::to_string(first);
    const auto began = steady_clock::now();
    auto delay = retry_delay_min;
    bool again = false;
    for (;; again = true) {
      auto answered = answer_of(options_.remote, http_verb::post, target, batch);
      const bool later = answered ? answered->status == not_now : answered.why().code == error_code::unreachable && reached_;
      if (!later) return answered ? take_answer(*answered, again) : answered.why();
      reached_ = reached_ || answered.ok();
      const error why = answered ? error_of(*answered) : answered.why();
      if (steady_clock::now() - began + delay > retry_for_) return error{error_code::unreachable, why.message};
      if (!again && isatty(STDERR_FILENO) != 0) tell(fmt::format("\r\033[K{}; trying again\n", why.message));
      std::this_thread::sleep_for(delay);
      delay = std::min(2 * delay, retry_delay_max);
    }
  }

  /// What this invocation has sent twice is no repetition of what was there before.
  result<void> take_answer(const runtime::http_response& answered, bool again) {
    if (answered.status >= runtime::first_error_status) return error_of(answered);
    reached_ = true;
    const json j = json::parse(answered.body, nullptr, false);
    if (!j.is_object() || !j.contains("repeated")) return error{error_code::failed, "the node's answer is no receipt; is it of another version?"};
    if (!again) repeated_ += j["repeated"].get<std::uint64_t>();
    return {};
  }

  void show_progress() {
    const auto now = steady_clock::now();
    if (isatty(STDERR_FILENO) == 0 || now - shown_ < progress_interval) return;
    shown_ = now;
    tell(fmt::format("\r{} records are published\033[K", grouped(input_.done())));
  }

  const publish_options& options_;
  const std::chrono::nanoseconds retry_for_;
  const std::string id_;
  std::string target_;
  line_batches input_;
  std::uint64_t repeated_ = 0;
  bool reached_ = false;
  steady_clock::time_point shown_;
};

int publish(const publish_options& o) {
  if (o.stream.empty()) return complain({error_code::usage, "STREAM is empty; give the name of an external stream"});
  const auto retry_ns = topology::parse_duration(o.retry_timeout);
  if (!retry_ns)
    return complain({error_code::usage, fmt::format("--retry-timeout is {}; it must be {}", topology::quoted(o.retry_timeout), topology::duration_form)});
  if (const std::string fault = o.id.empty() ? "" : topology::name_fault(o.id, topology::name_bytes_max); !fault.empty())
    return complain({error_code::usage, fmt::format("--id {}: {}", topology::quoted(o.id), fault)});
  publisher p(o, *retry_ns);
  const auto done = p.run();
  if (isatty(STDERR_FILENO) != 0) {
    const std::string before = p.repeated() == 0 ? "" : fmt::format(", {} of them had been before", grouped(p.repeated()));
    tell(fmt::format("\r\033[Kpublished {} records{}\n", grouped(p.records()), before));
  }
  if (!done) return complain(done.why());
  if (o.remote.format == output_format::json) print_json({{"stream", o.stream}, {"id", p.id()}, {"records", p.records()}, {"repeated", p.repeated()}});
  return 0;
}

}  // namespace

void add_publish(CLI::App& app, action& chosen) {
  static publish_options o;
  CLI::App* const sub = app.add_subcommand("publish", "Makes lines of standard input records of an external stream; ends when all are durable");
  sub->footer(
      "Examples:\n  weir publish clicks < clicks.txt\n  weir publish clicks --key-separator , --id import-2024 < clicks.csv\n"
      "The manifest declares the stream: `streams: {clicks: {external: true}}`. Each line is taken exactly once, also where the node is killed meanwhile. With "
      "--id that holds for the whole input: after an error the same command with the same input takes only what is missing; other input needs another NAME.");
  sub->add_option("STREAM", o.stream, "An external stream")->required();
  sub->add_option("--key-separator", o.key_separator, "Ends the key of a line, the rest is its value; without it lines have no key")->type_name("C");
  sub->add_option("--id", o.id, "The node remembers under this name how many lines it has taken; one process at a time")->type_name("NAME");
  sub->add_option("--retry-timeout", o.retry_timeout, "For so long a batch is sent again while the node does not answer or takes nothing")
      ->capture_default_str()
      ->type_name("TIME");
  add_remote(*sub, o.remote);
  sub->callback([&chosen] { chosen = [] { return publish(o); }; });
}

}  // namespace weir::cli
