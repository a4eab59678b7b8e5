// A second source file of the same module: see export_test.cpp.
#include <catch2/catch.hpp>
#include <string>
#include <weir/weir.hpp>

namespace other_file {
class forward final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override { return {.name = "forward", .version = "1", .istreams = {"in"}, .ostreams = {"out"}}; }
  void process_record(weir::context& ctx, const weir::record& r) override { ctx.produce_record("out", r.key, r.value); }
};
}  // namespace other_file
WEIR_EXPORT_OPERATOR(other_file::forward)

TEST_CASE("two source files of a module see one table", "[sdk][export]") { CHECK(weir_module()->operator_count == 4); }
