// Passes records on as they are; and the same with one allocation for each, which the test must notice.
#include <weir/weir.hpp>

#include <memory>

namespace {

class pass : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "pass", .version = "1", .istreams = {"in"}, .ostreams = {"out"}}; }
  void initialize(weir::context& ctx) override { out_ = ctx.ostream("out"); }
  void process_record(weir::context&, const weir::record& r) override { out_.produce(r.key, r.value); }

 private:
  weir::ostream out_;
};
WEIR_EXPORT_OPERATOR(pass)

class wasteful_pass final : public pass {
 public:
  void process_record(weir::context& ctx, const weir::record& r) override {
    last_ = std::make_unique<char>(r.value.front());
    pass::process_record(ctx, r);
  }

 private:
  std::unique_ptr<char> last_;  ///< Kept beyond the call, so that no compiler can do without it.
};
WEIR_EXPORT_OPERATOR(wasteful_pass)

}  // namespace
