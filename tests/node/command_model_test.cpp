// Random commands against a model: whatever is submitted, stopped, started, paused, resumed, removed and killed in whatever order, the node agrees with the
// model on what is there and what is refused, and every subscriber gets every record once and in order.
#include <map>
#include <random>

#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

constexpr int records = 3000;

struct modelled {
  bool stopped = false;
  bool paused = false;
};

/// 'a' is what the others read; 'd' does so by a chain, which commands name by either of its operators.
std::string manifest_of(const std::string& topology) {
  if (topology == "a") return "  - {name: op, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(records) + "}}\n";
  if (topology != "d") return "  - {name: op, artifact: $MODULE, class: needy, istreams: {numbers: numbers}}\n";
  return "  - {name: head, artifact: $MODULE, class: passing, istreams: {numbers: numbers}}\n"
         "  - {name: op, artifact: $MODULE, class: needy_inlined, istreams: {numbers: passed}}\n"
         "streams: {passed: {persist: false}}\n";
}

/// "b/op partition 0: got V as number N": V and N differ by the same for as long as a subscriber lives, since N counts what it has had. After a kill lines come
/// again, from where it was durable, but never with a gap. `distance` is unknown (-1) at first.
void check_order(const std::vector<std::string>& said, const std::string& topology, long& distance) {
  long last = 0;
  for (const std::string& line : said) {
    const std::size_t at = line.find(topology + "/op partition 0: got ");
    if (at == line.npos) continue;
    const long value = std::stol(line.substr(line.find("got ") + 4));
    const long number = std::stol(line.substr(line.find("number ") + 7));
    if (distance < 0) distance = value - number;
    REQUIRE(value - number == distance);
    if (last != 0) REQUIRE(value <= last + 1);
    last = value;
  }
}

class command_model {
 public:
  explicit command_model(std::uint32_t seed) : random_(seed) { REQUIRE(n_.serve() == ""); }

  void run(int commands) {
    for (int i = 0; i < commands; ++i) {
      step();
      const int turns = static_cast<int>(random_() % 30);
      for (int t = 0; t < turns; ++t) n_.turn();
      compare();
    }
    finish();
  }

 private:
  void step() {
    const std::string topology(1, static_cast<char>('a' + random_() % 4));
    const auto there = model_.find(topology);
    const bool known = there != model_.end();
    const auto expect = [&](const weir::result<void>& done, bool fine) {
      INFO(lone_node::said_of(done));
      REQUIRE(done.ok() == fine);
    };
    switch (random_() % 7) {
      case 0: {
        const std::string done = n_.submit(topology, manifest_of(topology));
        const bool fine = topology == "a" || model_.contains("a");
        INFO(done);
        REQUIRE((done[0] != '2') == fine);
        if (!fine) break;
        REQUIRE(done.substr(0, done.find(' ')) == (known ? "unchanged" : "create"));
        if (!known) heard_from_[topology] = n_.said.size();
        model_[topology];
        break;
      }
      case 1:
        expect(n_.node->stop({topology, ""}, {}), known);
        if (known) there->second.stopped = true;
        break;
      case 2:
        expect(n_.node->start({topology, ""}), known);
        if (known) there->second.stopped = false;
        break;
      case 3:
        expect(n_.node->pause({topology, "op"}), known);
        if (known) there->second.paused = true;
        break;
      case 4:
        expect(n_.node->resume({topology, ""}, {}), known);
        if (known) there->second.paused = false;
        break;
      case 5: {
        if (random_() % 3 != 0) break;
        const bool read = topology == "a" && model_.size() > 1;
        expect(n_.node->remove(topology, {}), known && !read);
        if (!known || read) break;
        check(topology);
        model_.erase(topology);
        distance_.erase(topology);
        break;
      }
      default: kill(); break;
    }
  }
  void kill() {
    for (const auto& [topology, m] : model_) check(topology);
    REQUIRE(n_.serve() == "");
    n_.said.clear();
    for (auto& [topology, from] : heard_from_) from = 0;
  }
  void check(const std::string& topology) {
    if (topology == "a") return;
    const auto from = n_.said.begin() + static_cast<std::ptrdiff_t>(heard_from_[topology]);
    check_order({from, n_.said.end()}, topology, distance_.try_emplace(topology, -1).first->second);
  }
  void compare() {
    std::vector<std::string> names;
    for (const auto& [name, m] : model_) names.push_back(name);
    REQUIRE(n_.node->list() == names);
    for (const topology_status& t : n_.node->status().topologies) {
      const modelled& m = model_.at(t.name);
      const activity_state wanted = m.stopped ? activity_state::stopped : m.paused ? activity_state::paused : activity_state::running;
      INFO(t.name << " is " << activity_state_name(t.state));
      REQUIRE(t.state == wanted);
    }
    REQUIRE(n_.node->partitions() == model_.size());
  }
  /// Everything started, all that was produced reaches every subscriber.
  void finish() {
    for (auto& [name, m] : model_) {
      REQUIRE(n_.node->start({name, ""}).ok());
      REQUIRE(n_.node->resume({name, ""}, {}).ok());
      m = {};
    }
    n_.run_for(10 * lone_node::ms);
    compare();
    for (const topology_status& t : n_.node->status().topologies) {
      const partition_status& p = t.operators.at(0).partitions.at(0);
      CHECK(p.lag_frames == 0);
      CHECK(p.lag_bytes == 0);
      if (t.name != "a") {
        check(t.name);
        REQUIRE(n_.submit("a", manifest_of("a")) == "unchanged a/op");
      }
    }
  }

  lone_node n_;
  std::minstd_rand random_;
  std::map<std::string, modelled> model_;
  std::map<std::string, std::size_t> heard_from_;
  std::map<std::string, long> distance_;
};

}  // namespace

TEST_CASE("commands in any order do what the model says", "[node][commands]") {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    command_model(seed).run(60);
  }
}
