// What the host answers to C code that gets a state's form wrong: the C side has no types, so the host looks.
#include <catch2/catch.hpp>
#include <weir/weir.hpp>

#include "runtime/operator/module.hpp"
#include "runtime/operator/partition.hpp"
#include "runtime/seam/simulated_clock.hpp"

namespace {

using namespace weir::runtime;

/// Makes one raw call in initialize(), and fails with what the host says to it.
class raw_caller final : public weir::stream_operator {
 public:
  static inline std::int32_t (*call)(weir_context*) = nullptr;

  weir::metadata metadata() const override {
    return {.name = "raw-caller", .version = "1", .istreams = {"in"}, .states = {weir::keyed<std::uint64_t>("number"), weir::keyed<weir::bytes>("text")}};
  }
  void initialize(weir::context& ctx) override {
    if (call(ctx.raw()) != 0) throw std::runtime_error(std::string(ctx.raw()->error, ctx.raw()->error_size));
  }
  void process_record(weir::context&, const weir::record&) override {}
};
WEIR_EXPORT_OPERATOR(raw_caller)

constexpr weir_key key{"k", 1, 0};

/// "" where the host took the call.
std::string answer_to(std::int32_t (*call)(weir_context*)) {
  raw_caller::call = call;
  static const weir_operator_info info = weir::detail::operator_info<raw_caller>("raw_caller");
  simulated_clock clock;
  partition_options o;
  o.name = "t/raw partition 0";
  o.info = &info;
  o.metadata = read_metadata(info).value();
  o.state_ids = {0, 1};
  o.log = 2;
  o.time = &clock;
  log_image nothing;
  operator_partition p(std::move(o), std::move(nothing));
  return p.initialize().failed;
}

}  // namespace

TEST_CASE("values of a fixed size have that size", "[operator][state]") {
  CHECK(answer_to([](weir_context* c) { return c->host->state_put(c, 0, &key, "", 0, "12345678", 8); }).empty());
  CHECK_THAT(answer_to([](weir_context* c) { return c->host->state_put(c, 0, &key, "", 0, "1234", 4); }),
             Catch::Contains("state 'number' has values of 8 bytes, and was given one of 4"));
}

TEST_CASE("values of any length are not written in place", "[operator][state]") {
  CHECK(answer_to([](weir_context* c) { return c->host->state_put(c, 1, &key, "", 0, "1234", 4); }).empty());
  CHECK_THAT(answer_to([](weir_context* c) {
               char* value = nullptr;
               return c->host->state_at(c, 1, &key, "", 0, &value);
             }),
             Catch::Contains("state 'text' has values of any length: set them with state_put"));
}
