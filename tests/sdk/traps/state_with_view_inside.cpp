// refused: a member of the type is a pointer, reference or view
#include <weir/weir.hpp>

#include <cstdint>
#include <string_view>

struct last {
  std::int64_t count;
  std::string_view name;
};
void f(weir::context& ctx) { (void)ctx.state<last>("c"); }
