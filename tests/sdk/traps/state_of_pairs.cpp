// refused: instead of std::pair or std::tuple
#include <weir/weir.hpp>

#include <utility>

void f(weir::context& ctx) { (void)ctx.state<std::pair<int, int>>("a"); }
