// harmless
// Members of metadata that are left out, and every way to write one istream, are silent under -Wall -Wextra.
#include <weir/weir.hpp>

int main() {
  const weir::metadata sink{.name = "x", .version = "1", .istreams = {{"words"}}};
  const weir::metadata two{.name = "x", .version = "1", .istreams = {{"words"}, {"b"}}};
  const weir::metadata plain{.name = "x", .version = "1", .istreams = {"words"}};
  const bool named = sink.istreams[0].name == "words" && plain.istreams[0].name == "words" && two.istreams[1].name == "b";
  return named && sink.istreams.size() == 1 && two.istreams.size() == 2 && plain.istreams.size() == 1 ? 0 : 1;
}
