// Reads two config keys that its metadata does not declare, and passes lines on.
#include <weir/weir.hpp>

#include <cstdint>
#include <string>

class undeclared final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "undeclared", .version = "1", .istreams = {"lines"}, .ostreams = {"passed"}}; }
  void initialize(weir::context& ctx) override {
    late_minutes_ = ctx.config().number("late_minutes", 15);
    title_ = ctx.config().text("title", "");
    passed_ = ctx.ostream("passed");
  }
  void process_record(weir::context&, const weir::record& line) override { passed_.produce(line.key, title_ + std::string(line.value)); }

 private:
  std::int64_t late_minutes_ = 0;
  std::string title_;
  weir::ostream passed_;
};
WEIR_EXPORT_OPERATOR(undeclared)

/// Reads none.
class no_config final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "no-config", .version = "1", .istreams = {"lines"}, .ostreams = {"passed"}}; }
  void initialize(weir::context& ctx) override { passed_ = ctx.ostream("passed"); }
  void process_record(weir::context&, const weir::record& line) override { passed_.produce(line.key, line.value); }

 private:
  weir::ostream passed_;
};
WEIR_EXPORT_OPERATOR(no_config)
