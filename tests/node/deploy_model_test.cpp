// Random commands and kills against a model: which code runs as which generation, and that every number is counted once, whatever it was counted by.
#include <map>
#include <random>

#include "tests/node/lone_node.hpp"

using namespace weir::runtime;
using weir::node_test::lone_node;

namespace {

const command_target counting{"a", "counting"};
constexpr std::int64_t hour = 3'600'000'000'000;

/// A node with a source of numbers and what counts them, and what they are expected to be.
class modelled {
 public:
  explicit modelled(std::uint64_t seed) : random_(seed) {
    REQUIRE(n_.serve() == "");
    submit_numbers();
    submit_counting();
  }

  void act() {
    switch (below(10)) {
      case 0: deploy_good(); break;
      case 1: deploy_failing(); break;
      case 2: deploy_refused(); break;
      case 3: roll_back(); break;
      case 4: while_held([](node& n) { return n.pause(counting); }, [](node& n) { return n.resume(counting, {}); }); break;
      case 5: while_held([](node& n) { return n.stop(counting, {}); }, [](node& n) { return n.start(counting); }); break;
      case 6: end_and_serve(); break;
      case 7: n_.run_for(2 * hour); break;
      case 8: remove(); break;
      default: break;
    }
    if (n_.clock.realtime_ns() >= trial_until_) back_to_ = 0;
    count_more(1 + below(9));
    CHECK(generation() == codes_.size());
  }

 private:
  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  const std::string& code() const { return codes_.back(); }
  std::size_t generation() const { return n_.node->history(counting).value().deployments.back().generation; }
  void submit_numbers() {
    const std::string done = n_.submit("src", "  - {name: numbers, artifact: $MODULE, class: numbers, with: {count: " + std::to_string(numbers_) + "}}\n");
    CAPTURE(done);
    REQUIRE((done.starts_with("create") || done.starts_with("replace")));
  }
  void submit_counting() {
    REQUIRE(n_.submit("a", "  - {name: counting, artifact: $MODULE, class: counting_1}\n") == "create a/counting: new topology");
    n_.settle();
  }
  std::string deploy(const std::string& class_name, std::int64_t probation_ns) {
    const auto done = n_.node->deploy(counting, NODE_OPERATORS, {.probation_ns = probation_ns, .class_name = class_name, .by = "test"});
    return done ? "" : lone_node::said_of(done.why());
  }
  void runs(const std::string& class_name, std::int64_t probation_ns) {
    codes_.push_back(class_name);
    back_to_ = probation_ns == 0 ? 0 : codes_.size() - 1;
    trial_until_ = n_.clock.realtime_ns() + probation_ns;
  }
  void comes_back() {
    codes_.push_back(codes_[back_to_ - 1]);
    back_to_ = 0;
  }

  void deploy_good() {
    const std::string class_name = below(2) == 0 ? "counting_1" : "counting_2";
    const std::int64_t probation = below(2) == 0 ? 0 : hour;
    REQUIRE(deploy(class_name, probation) == "");
    runs(class_name, probation);
  }
  void deploy_failing() {
    if (below(2) == 0) {
      CHECK(deploy("counting_unready", hour).starts_with("5: "));
      runs("counting_unready", hour);
    } else {
      REQUIRE(deploy("counting_bad", hour) == "");
      runs("counting_bad", hour);
      numbers_ += 7;  // There is a multiple of seven among them.
      submit_numbers();
      n_.settle();
      n_.node->end_failed_trials();
      n_.settle();
    }
    comes_back();
  }
  void deploy_refused() { CHECK(deploy("needy", hour).starts_with("4: ")); }
  void roll_back() {
    std::vector<std::uint32_t> good;
    for (std::uint32_t g = 1; g < codes_.size(); ++g)
      if (codes_[g - 1] == "counting_1" || codes_[g - 1] == "counting_2") good.push_back(g);
    if (good.empty()) return;
    const std::uint32_t to = good[static_cast<std::size_t>(below(static_cast<int>(good.size())))];
    REQUIRE(n_.node->rollback(counting, to, "test"));
    runs(codes_[to - 1], 0);
  }
  template <class Hold, class Release>
  void while_held(Hold hold, Release release) {
    REQUIRE(hold(*n_.node));
    n_.settle();
    if (below(2) == 0) deploy_good();
    numbers_ += 1 + below(5);
    submit_numbers();
    n_.settle();
    REQUIRE(release(*n_.node));
    n_.settle();
  }
  /// It goes with its state and its history, and counts from the first number on when it comes again.
  void remove() {
    REQUIRE(n_.node->remove("a", {}));
    CHECK(n_.node->list() == std::vector<std::string>{"src"});
    codes_ = {"counting_1"};
    back_to_ = 0;
    submit_counting();
  }
  void end_and_serve() {
    if (below(2) == 0) {  // Else it is killed.
      n_.node->drain();
      n_.run_to_end();
      REQUIRE(n_.node->state() == run_state::drained);
    }
    REQUIRE(n_.serve() == "");
    n_.settle();
    if (back_to_ != 0) comes_back();
  }

  /// So many numbers more are counted, each once, by the code that is expected.
  void count_more(int count) {
    n_.settle();
    n_.said.clear();
    const int before = numbers_;
    numbers_ += count;
    submit_numbers();
    n_.settle();
    for (int number = before + 1; number <= numbers_; ++number) {
      const std::string line = (number % 2 == 0 ? "even " : "odd ") + std::to_string((number + 1) / 2);
      const auto is = [&](const std::string& said) {
        return code() == "counting_2" ? said.find(" " + line + " sum ") != said.npos : said.ends_with(" " + line);
      };
      CAPTURE(line, code());
      CHECK(std::count_if(n_.said.begin(), n_.said.end(), is) == 1);
    }
  }

  std::mt19937_64 random_;
  lone_node n_;
  int numbers_ = 1;
  std::vector<std::string> codes_{"counting_1"};  ///< By generation.
  std::size_t back_to_ = 0;                       ///< A generation; 0: nothing is on trial.
  std::int64_t trial_until_ = 0;
};

}  // namespace

TEST_CASE("whatever is deployed, rolled back, held and killed in whatever order, every number is counted once", "[node][deploy]") {
  const std::uint64_t first = Catch::rngSeed();
  for (std::uint64_t seed = first; seed < first + 40; ++seed) {
    CAPTURE(seed);
    modelled m(seed);
    for (int i = 0; i < 30; ++i) {
      CAPTURE(i);
      m.act();
    }
  }
}
