// refused: a member of the type is a pointer, reference or view
#include <weir/weir.hpp>

#include <cstdint>

struct inner {
  char name[40];
  double weight;
  int (*score)(int);
};
struct outer {
  std::int64_t count;
  inner parts[3];
};
const weir::metadata m{.name = "x", .version = "1", .states = {weir::keyed<outer>("a")}};
