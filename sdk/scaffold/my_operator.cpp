// my_operator: passes on every n-th record of each key, with its number.
#include <weir/weir.hpp>

#include <cstdint>
#include <stdexcept>

// In a namespace, since the C library knows many short names.
namespace operators {

class my_operator final : public weir::stream_operator {
 public:
  // What it reads, writes and remembers, and what a manifest can tell it: `weir describe build/libmy_operator.so` prints this.
  weir::metadata metadata() const override {
    return {.name = "my-operator",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .ostreams = {"passed"},
            .states = {weir::keyed<std::uint64_t>("seen")},
            .config = {{"every", weir::config_type::number, "2", "pass on every n-th record of a key"}}};
  }

  // Once for each new object: also after a crash. What must outlive one is state; members are caches.
  void initialize(weir::context& ctx) override {
    seen_ = ctx.state<std::uint64_t>("seen");
    passed_ = ctx.ostream("passed");
    every_ = ctx.config().number<std::uint64_t>("every");
    if (every_ == 0) throw std::invalid_argument("with.every must be at least 1");
  }

  // State and output of a record are one: they happen together, exactly once, or not at all.
  void process_record(weir::context&, const weir::record& record) override {
    const std::uint64_t number = ++seen_[record.key];
    if (number % every_ == 0) passed_.produce(record.key, number);
  }

 private:
  weir::keyed_state<std::uint64_t> seen_;
  weir::ostream passed_;
  std::uint64_t every_ = 1;
};
WEIR_EXPORT_OPERATOR(my_operator)

}  // namespace operators
