// Three versions of one operator whose declared states differ.
#include <weir/weir.hpp>

#include <cstdint>
#include <string>

namespace {

template <class Count>
class counting : public weir::stream_operator {
 public:
  void initialize(weir::context& ctx) override {
    count_ = ctx.state<Count>("count");
    counts_ = ctx.ostream("counts");
  }
  void process_record(weir::context&, const weir::record& line) override { counts_.produce(line.key, ++count_[line.key]); }

 protected:
  static weir::metadata with_states(std::string version, std::vector<weir::state_spec> states) {
    return {.name = "counting",
            .version = std::move(version),
            .istreams = {{"lines", weir::grouping::group_by}},
            .ostreams = {"counts"},
            .states = std::move(states)};
  }

 private:
  weir::keyed_state<Count> count_;
  weir::ostream counts_;
};

}  // namespace

class counting_wide final : public counting<std::uint64_t> {
 public:
  weir::metadata metadata() const override { return with_states("1", {weir::keyed<std::uint64_t>("count")}); }
};
WEIR_EXPORT_OPERATOR(counting_wide)

class counting_narrow final : public counting<std::uint32_t> {
 public:
  weir::metadata metadata() const override { return with_states("2", {weir::keyed<std::uint32_t>("count")}); }
};
WEIR_EXPORT_OPERATOR(counting_narrow)

class counting_more final : public counting<std::uint64_t> {
 public:
  weir::metadata metadata() const override { return with_states("3", {weir::keyed<std::uint64_t>("count"), weir::keyed<std::uint64_t>("seen")}); }
};
WEIR_EXPORT_OPERATOR(counting_more)
