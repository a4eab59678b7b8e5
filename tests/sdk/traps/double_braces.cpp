// harmless
// Double braces around names, by analogy with istreams: of std::string they would be a pair of iterators.
#include <weir/weir.hpp>

int main() {
  const weir::metadata m{.name = "x", .version = "1", .ostreams = {{"counts", "late"}}};
  return m.ostreams.size() == 2 && m.ostreams[0].name == "counts" && m.ostreams[1].name == "late" ? 0 : 1;
}
