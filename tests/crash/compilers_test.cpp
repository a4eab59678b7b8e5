// Operators of three compilers in one process: standard ones by g++, one in C by the C compiler, one by clang++. Only where clang++ is installed.
#ifdef CRASH_CLANG_MODULE
#include <map>
#include <nlohmann/json.hpp>

#include "tests/crash/kill_loop.hpp"

using namespace weir::test;

namespace {

/// What comes out, computed apart from the operators' code: for each airport a line "airport,rows,minutes" a row, in the order of days.
std::vector<std::string> model(const std::string& flights) {
  std::map<std::string, std::map<std::string, std::int64_t>> longest;
  for (const std::string& line : lines_of(flights)) {
    const auto flight = nlohmann::json::parse(line);
    const auto delay = flight["delay"].get<std::int64_t>();
    if (delay < 15) continue;
    std::int64_t& most = longest[flight["origin"]][flight["date"].get<std::string>().substr(0, 10)];
    most = std::max(most, delay);
  }
  std::vector<std::string> lines;
  for (const auto& [airport, days] : longest) {
    std::int64_t rows = 0;
    std::int64_t minutes = 0;
    for (const auto& [day, delay] : days) {
      minutes += delay;
      lines.push_back(airport + ',' + std::to_string(++rows) + ',' + std::to_string(minutes));
    }
  }
  return sorted(std::move(lines));
}

scenario three_compilers() {
  scenario s = c_operator(2);
  s.manifest = replaced(s.manifest, "istreams: {records: delay-rows}", "istreams: {records: delay-totals}");
  s.manifest += R"(
  - name: totals
    artifact: )" CRASH_CLANG_MODULE R"(
    class: delay_totals
    parallelism: 2
    istreams: {rows: delay-rows}
    ostreams: {totals: delay-totals}
)";
  return s;
}

}  // namespace

TEST_CASE("operators by g++, in C and by clang++ work in one topology, also after kill -9", "[crash][compilers]") {
  const scenario s = three_compilers();
  const workspace place;
  std::filesystem::create_directory(place / "site");
  const site undisturbed(s, place / "site");
  const int status = undisturbed.run();
  INFO(undisturbed.complaints());
  REQUIRE(status == 0);
  CHECK(undisturbed.result()[0] == model(read_text(WEIR_SOURCE_DIR "/examples/data/flights.ndjson")));
  kill_and_compare(s, std::max<std::size_t>(1, kills_in_all() / 12));
}
#endif
