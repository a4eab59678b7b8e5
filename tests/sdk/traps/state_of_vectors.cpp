// refused: or weir::bytes for text and containers
#include <weir/weir.hpp>

#include <vector>

void f(weir::context& ctx) { (void)ctx.state<std::vector<int>>("a"); }
