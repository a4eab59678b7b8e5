// What including <weir/weir.hpp> costs whoever compiles an operator: CPU time of the compiler, against four headers that nearly every C++ program includes.
//   bench_include_cost [PAIRS]   default: 15
#include <fstream>

#include "perf/measure.hpp"

namespace {

/// CPU seconds of all children that have ended.
double children_seconds() {
  rusage u{};
  getrusage(RUSAGE_CHILDREN, &u);
  const auto of = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return of(u.ru_utime) + of(u.ru_stime);
}

double compile(const std::string& source) {
  const double before = children_seconds();
  if (std::system((PERF_CXX " -std=c++20 -O0 -fsyntax-only -I" PERF_INCLUDE " " + source).c_str()) != 0) perf::stop(source + ": does not compile");
  return children_seconds() - before;
}

}  // namespace

int main(int argc, char** argv) {
  const int pairs = argc > 1 ? std::atoi(argv[1]) : 15;
  const perf::scratch_directory scratch(std::filesystem::temp_directory_path().string());
  const std::string common = scratch.path() + "/common.cpp";
  const std::string ours = scratch.path() + "/ours.cpp";
  std::ofstream(common) << "#include <chrono>\n#include <optional>\n#include <string>\n#include <vector>\n";
  std::ofstream(ours) << "#include <weir/weir.hpp>\n";
  compile(common);  // Brings the headers into memory.
  compile(ours);
  perf::series ratios;
  perf::series seconds;
  for (int i = 0; i < pairs; ++i) {
    const double without = compile(common);
    const double with = compile(ours);
    seconds.add(with);
    ratios.add(with / without);
  }
  std::printf("#include <weir/weir.hpp>, CPU seconds                     %s\n", seconds.text("%.2f").c_str());
  std::printf("against <string> <vector> <chrono> <optional>, in turn    %s\n", ratios.text("%.2f").c_str());
  return 0;
}
