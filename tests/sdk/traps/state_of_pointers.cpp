// refused: a pointer or reference means nothing after a restart
#include <weir/weir.hpp>

void f(weir::context& ctx) { (void)ctx.state<const char*>("b"); }
