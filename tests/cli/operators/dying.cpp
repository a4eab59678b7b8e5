// Passes its records on; at "poison", or in the hook that is told, it ends the process.
#include <weir/weir.hpp>

#include <csignal>
#include <cstdlib>
#include <string>

namespace {

/// Until the stack is full.
[[gnu::noinline]] int overflow(int depth) {  // NOLINT(misc-no-recursion): that is what it is for
  volatile char frame[4096];                 // NOLINT(modernize-avoid-c-arrays)
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : overflow(depth + 1) + frame[0];
}

__attribute__((no_sanitize("undefined"))) int divide(int what, int by) { return what / by; }

__attribute__((no_sanitize("undefined", "address"))) void write_to(int* nowhere) { *static_cast<volatile int*>(nowhere) = 1; }

void end_process(const std::string& by) {
  volatile int zero = 0;  // So that it is divided by when this runs.
  if (by == "segmentation fault") write_to(nullptr);
  if (by == "abort") std::abort();
  if (by == "full stack") std::raise(overflow(0));
  if (by == "division") std::raise(divide(1000, zero));
  if (by == "exit") std::exit(0);  // NOLINT(concurrency-mt-unsafe)
  if (by == "kill") std::raise(SIGKILL);
}

}  // namespace

class dying : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    return {.name = "dying",
            .version = "1",
            .istreams = {{"lines", weir::grouping::shuffle}},
            .ostreams = {"passed"},
            .config = {{"by", weir::config_type::text, "", "what ends the process"}, {"in", weir::config_type::text, "process_record", "the hook"}}};
  }
  void initialize(weir::context& ctx) override {
    by_ = ctx.config().text("by");
    passed_ = ctx.ostream("passed");
    if (ctx.config().text("in") == "initialize") end_process(by_);
  }
  void process_record(weir::context&, const weir::record& line) override {
    if (line.value == "poison") end_process(by_);
    passed_.produce(line.key, line.value);
  }

 private:
  std::string by_;
  weir::ostream passed_;
};
WEIR_EXPORT_OPERATOR(dying)
