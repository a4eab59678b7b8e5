// refused: drop const and & from the type
#include <weir/weir.hpp>

void f(weir::context& ctx) { (void)ctx.state<int&>("b"); }
