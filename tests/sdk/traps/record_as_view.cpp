// refused: a view would dangle
#include <weir/weir.hpp>

#include <string_view>

std::string_view f(const weir::record& r) { return r.as<std::string_view>(); }
