// Random mutations of valid requests: every connection is answered in HTTP or closed, and the server serves on. Replays from the printed seed.
#include <random>

#include "tests/control/served.hpp"

using namespace weir;
using namespace weir::test;

namespace {

const std::string submit = R"({"manifests": [{"text": "manifest: 1", "file": "/t.yaml", "variables": {"A": "1"}}], "dry_run": true})";

const std::string deploy = R"({"artifact": "/b.so", "class": "b", "probation": "2s", "dry_run": false, "by": "ann"})";

const std::vector<std::string> requests{
    "GET /v1/topologies HTTP/1.1\r\nHost: weir\r\n\r\n",
    "GET /v1/topologies/copy/operators/lines HTTP/1.1\r\nHost: weir\r\nAccept: */*\r\n\r\n",
    "POST /v1/topologies/copy/stop?drain_timeout=2s HTTP/1.1\r\nHost: weir\r\nContent-Length: 0\r\n\r\n",
    "POST /v1/topologies HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(submit.size()) + "\r\n\r\n" + submit,
    "POST /v1/topologies HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + submit.substr(0, 5) + "\r\n10\r\n" + submit.substr(5, 16) + "\r\n0\r\n\r\n",
    "DELETE /v1/topologies/copy HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    "GET /metrics HTTP/1.0\r\n\r\n",
    "POST /v1/topologies/copy/operators/lines/deployments HTTP/1.1\r\nContent-Length: " + std::to_string(deploy.size()) + "\r\n\r\n" + deploy,
    "POST /v1/topologies/copy/operators/lines/rollback HTTP/1.1\r\nContent-Length: 9\r\n\r\n{\"to\": 1}",
    "GET /v1/topologies/copy/operators/lines/deployments HTTP/1.1\r\n\r\n",
};

class mutator {
 public:
  explicit mutator(std::uint64_t seed) : random_(seed) {}

  std::string operator()() {
    std::string text;
    for (std::size_t n = 1 + below(3); n > 0; --n) text += requests[below(requests.size())];
    for (std::size_t n = below(6); n > 0 && !text.empty(); --n) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  void change(std::string& text) {
    const std::size_t at = below(text.size());
    const std::size_t size = below(20);
    static const std::vector<std::string> bits{"\r\n", "\r\n\r\n", "\n",    std::string(1, '\0'), "%", "?", "&=", ":", " ", "18446744073709551616",
                                               "-1",   "{",        "[[[[[["};
    switch (below(6)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, size); break;
      case 2: text.insert(at, text.substr(below(text.size()), size)); break;
      case 3: text.insert(at, bits[below(bits.size())]); break;
      case 4: text.resize(at); break;
      default: text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace

TEST_CASE("whatever bytes come, the server answers in HTTP or closes, and serves on", "[control][fuzz]") {
  const served s({.request_time_max = std::chrono::milliseconds(2000)});
  const std::uint64_t seed = Catch::rngSeed();
  mutator mutated(seed);
  constexpr int rounds = 3000;
  int answers = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::string bytes = mutated();
    const raw_connection c(s.address());
    c.send(bytes);
    c.end();
    const std::string got = c.receive();
    INFO("seed " << seed << ", round " << i << ": " << bytes);
    const bool http = got.empty() || got.starts_with("HTTP/1.1 ");
    CHECK(http);
    if (!got.empty()) ++answers;
    if (!http) break;
  }
  CHECK(answers > rounds / 3);
  CHECK(s.get("/healthz").status == 200);
}
