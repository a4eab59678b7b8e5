// harmless
// Padding has no defined bytes; in a state and in a record's value it is zero.
#include <weir/test_driver.hpp>
#include <weir/weir.hpp>

#include <cstring>
#include <string>

struct padded {
  char kind;
  double sum;
};

class keeps final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "k", .version = "1", .istreams = {"in"}, .ostreams = {"out"}, .states = {weir::keyed<padded>("s")}};
  }
  void initialize(weir::context& ctx) override { state_ = ctx.state<padded>("s"); }
  void process_record(weir::context& ctx, const weir::record& r) override {
    padded p;
    std::memset(static_cast<void*>(&p), 0x55, sizeof p);
    p.kind = 'k';
    p.sum = 1;
    std::memcpy(static_cast<void*>(&state_[r.key]), &p, sizeof p);
    ctx.produce_record("out", r.key, weir::bytes_of(p));
  }

 private:
  weir::keyed_state<padded> state_;
};

int main() {
#ifdef __clang__
  return 0;  // It has no way to clear padding before version 20.
#endif
  auto d = weir::test_driver::of<keeps>();
  d.send("in", "a", "");
  const padded stored = *d.state<padded>("s", "a");
  const std::string produced = d.received("out")[0].value;
  std::string expected(sizeof(padded), '\0');
  const double sum = 1;
  expected[0] = 'k';
  std::memcpy(expected.data() + 8, &sum, sizeof sum);
  return produced == expected && std::memcmp(&stored, expected.data(), sizeof stored) == 0 ? 0 : 1;
}
