// refused: a view would dangle
#include <weir/weir.hpp>

#include <span>

const weir::metadata m{.name = "x", .version = "1", .states = {weir::keyed<std::span<const int>>("a")}};
