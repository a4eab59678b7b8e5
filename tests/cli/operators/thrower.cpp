// Throws what `what` says in the hook that `where` names; otherwise it passes lines on.
#include <weir/weir.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

struct no_exception {};

[[noreturn]] void throw_one(const std::string& what) {
  if (what == "text") throw "a bare text";
  if (what == "number") throw 42;
  if (what == "struct") throw no_exception{};
  throw std::runtime_error("thrown on purpose\nin two lines");
}

}  // namespace

class thrower : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "thrower",
            .version = "1",
            .istreams = {{"lines", weir::grouping::group_by}},
            .ostreams = {"passed"},
            .config = {{"where", weir::config_type::text, weir::required, "the hook"}, {"what", weir::config_type::text, "exception", "what is thrown"}}};
  }
  void initialize(weir::context& ctx) override {
    where_ = ctx.config().text("where");
    what_ = ctx.config().text("what");
    passed_ = ctx.ostream("passed");
    throw_in("initialize");
  }
  void process_record(weir::context& ctx, const weir::record& line) override {
    passed_.produce(line.key, line.value);
    if (where_ == "process_timer") ctx.set_timer(line.key, line.time);
    if (line.value == "5") throw_in("process_record");
  }
  void process_timer(weir::context&, const weir::timer&) override { throw_in("process_timer"); }
  void flush(weir::context&) override { throw_in("flush"); }
  void close(weir::context&) override { throw_in("close"); }

 private:
  void throw_in(const char* hook) const {
    if (where_ == hook) throw_one(what_);
  }

  std::string where_;
  std::string what_;
  weir::ostream passed_;
};
WEIR_EXPORT_OPERATOR(thrower)

/// The same for a source.
class throwing_source : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "throwing-source", .version = "1", .ostreams = {"lines"}, .config = {{"what", weir::config_type::text, "exception", "what is thrown"}}};
  }
  void initialize(weir::context& ctx) override {
    what_ = ctx.config().text("what");
    lines_ = ctx.ostream("lines");
  }
  weir::poll_result poll(weir::context&) override {
    lines_.produce("", "never to be seen");
    throw_one(what_);
  }

 private:
  std::string what_;
  weir::ostream lines_;
};
WEIR_EXPORT_OPERATOR(throwing_source)

/// Cannot even be made.
class throwing_constructor : public weir::stream_operator {
 public:
  throwing_constructor() { throw_one("exception"); }
  weir::metadata metadata() const override { return {.name = "throwing-constructor", .version = "1", .istreams = {"lines"}}; }
  void process_record(weir::context&, const weir::record&) override {}
};
WEIR_EXPORT_OPERATOR(throwing_constructor)
