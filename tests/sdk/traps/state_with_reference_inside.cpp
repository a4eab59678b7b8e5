// refused: the type needs a default constructor
#include <weir/weir.hpp>

struct last {
  int count;
  int& other;
};
void f(weir::context& ctx) { (void)ctx.state<last>("c"); }
