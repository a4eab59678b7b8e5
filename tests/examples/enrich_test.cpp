#include "examples/enrich/enrich.cpp"  // NOLINT(bugprone-suspicious-include): an example is one file

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <weir/test_driver.hpp>

#include "tests/examples/run_weir.hpp"

using namespace std::chrono_literals;
using weir::event_time;
using weir::test_driver;
using rows = std::vector<std::string>;

namespace {
constexpr event_time at(std::chrono::minutes m) { return event_time(m); }

rows values(test_driver& driver, const std::string& ostream) {
  rows all;
  for (const auto& record : driver.received(ostream)) all.push_back(record.value);
  return all;
}

std::string file(const std::string& name) { return run_weir::read(run_weir::source() / "examples/enrich" / name); }

/// Enriched and unmatched orders, computed apart from the example's code: times of the data compare as texts.
std::pair<rows, rows> model() {
  std::map<std::string, std::map<std::string, std::string>> customers;
  for (const std::string& line : run_weir::lines(file("data/customers.ndjson"))) {
    const auto c = nlohmann::json::parse(line);
    customers[c["customer"]][c["time"]] = c["row"];
  }
  std::pair<rows, rows> found;
  for (const std::string& line : run_weir::lines(file("data/orders.ndjson"))) {
    const auto o = nlohmann::json::parse(line);
    const std::string order = o["order"].get<std::string>() + ',' + std::to_string(o["cents"].get<int>());
    const auto& versions = customers[o["customer"]];
    const auto next = versions.lower_bound(o["time"]);
    const std::string row = next == versions.begin() ? "" : std::prev(next)->second;
    if (row.empty())
      found.second.push_back(order);
    else
      found.first.push_back(order + ',' + row);
  }
  return {run_weir::sorted(found.first), run_weir::sorted(found.second)};
}
}  // namespace

TEST_CASE("enrich's expected results are what an independent computation gives", "[examples][enrich]") {
  const auto [enriched, unmatched] = model();
  CHECK(enriched.size() > 500);
  CHECK(unmatched.size() > 100);
  CHECK(run_weir::lines(file("expected.csv")) == enriched);
  CHECK(run_weir::lines(file("expected-unmatched.csv")) == unmatched);
}

TEST_CASE("orders get the customer of their time, whatever the parallelism and whichever source is faster", "[examples][enrich]") {
  const int partitions = GENERATE(1, 2, 3);
  run_weir weir("enrich");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("enriched.csv")))) == run_weir::lines(file("expected.csv")));
  CHECK(run_weir::sorted(run_weir::lines(weir.read(weir.out("unmatched.csv")))) == run_weir::lines(file("expected-unmatched.csv")));
}

TEST_CASE("an order waits for customers before its time, and sees none after it", "[examples][enrich]") {
  auto driver = test_driver::of<enrich>();
  driver.send("orders", "c", "o1", at(2min));
  driver.send("customers", "c", "later", at(3min));
  driver.send("customers", "c", "Ada", at(1min));
  driver.send("customers", "d", "Ben", at(1min));
  driver.crash_and_recover();
  CHECK(values(driver, "enriched").empty());
  driver.advance_watermark(at(2min));
  CHECK(values(driver, "enriched") == rows{"o1,Ada"});
  driver.send("orders", "c", "o2", at(4min));
  driver.send("orders", "c", "o3", at(3min));
  driver.advance_watermark(at(4min));
  CHECK(values(driver, "enriched") == rows{"o3,Ada", "o2,later"});
  CHECK(driver.timers() == 0);
}

TEST_CASE("orders of nobody, and of a customer who is gone, are unmatched", "[examples][enrich]") {
  auto driver = test_driver::of<enrich>();
  driver.send("customers", "c", "Ada", at(1min));
  driver.send("customers", "c", "", at(5min));
  driver.send("orders", "c", "before", at(4min));
  driver.send("orders", "c", "after", at(6min));
  driver.send("orders", "nobody", "lost", at(6min));
  driver.advance_watermark(event_time::max());
  CHECK(values(driver, "enriched") == rows{"before,Ada"});
  CHECK(values(driver, "unmatched") == rows{"after", "lost"});
}
