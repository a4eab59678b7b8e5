// refused: delivery
// Members of metadata in another order than declared.
#include <weir/weir.hpp>

const weir::metadata m{.name = "x", .version = "1", .delivery = weir::delivery::durable, .istreams = {{"a", weir::grouping::group_by}}};
