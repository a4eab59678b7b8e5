// refused: a view would dangle
#include <weir/weir.hpp>

#include <string_view>

void f(weir::context& ctx) { (void)ctx.state<std::string_view>("a"); }
