// Keeps each key's last four values and says them. Built several times: DETECTOR_VERSION is what it says of itself; even ones keep a count besides, in another
// version of the same state; DETECTOR_FAILS_AT: at which of its values it throws; DETECTOR_PREPARES: it takes milliseconds before it begins, as what reads a
// table first does.
#include <weir/weir.hpp>

#include <stdexcept>
#include <string>

#include "tests/redeploy/sequence.hpp"

namespace weir::test {

namespace {

struct counted {
  last_four last;
  std::uint64_t count;
};

#if DETECTOR_VERSION % 2 == 1
using kept = last_four;
last_four& last_of(kept& k) { return k; }
weir::state_spec declared() { return weir::keyed<kept>("last", 1); }
#else
using kept = counted;
last_four& last_of(kept& k) {
  ++k.count;
  return k.last;
}
weir::state_spec declared() {
  return weir::keyed<kept>("last", 2)
      .from<last_four>(1,
                       [](const last_four& f) {
                         return counted{f, f.values[3]};
                       })
      .to<last_four>(1, [](const counted& c) { return c.last; });
}
#endif

#ifdef DETECTOR_PREPARES
std::uint64_t prepared() {
  std::uint64_t n = 1;
  for (int i = 0; i < 4'000'000; ++i) n = n * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
  return n;
}
#endif

}  // namespace

class detector final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "detector",
            .version = std::to_string(DETECTOR_VERSION),
            .istreams = {{"values", weir::grouping::group_by}},
            .ostreams = {"detected"},
            .states = {declared()}};
  }
  void initialize(weir::context& ctx) override {
#ifdef DETECTOR_PREPARES
    if (prepared() == 0) throw std::runtime_error("prepared nothing");
#endif
    last_ = ctx.state<kept>("last");
    detected_ = ctx.ostream("detected");
  }
  void process_record(weir::context&, const weir::record& r) override {
#ifdef DETECTOR_FAILS_AT
    if (++taken_ == DETECTOR_FAILS_AT) throw std::runtime_error("does not like this value");
#endif
    last_four& last = last_of(last_[r.key]);
    for (int i = 0; i < 3; ++i) last.values[i] = last.values[i + 1];
    last.values[3] = std::stoull(std::string(r.value));
    detected d{last, DETECTOR_VERSION};
    detected_.produce(r.key, std::string_view(reinterpret_cast<const char*>(&d), sizeof d));
  }

 private:
  weir::keyed_state<kept> last_;
  weir::ostream detected_;
#ifdef DETECTOR_FAILS_AT
  std::uint64_t taken_ = 0;
#endif
};
WEIR_EXPORT_OPERATOR(detector)

}  // namespace weir::test
