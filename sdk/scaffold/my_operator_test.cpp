// Drives the operator in memory, without a node; any test framework will do, this needs none.
#include "my_operator.cpp"

#include <weir/test_driver.hpp>

#include <cstdio>
#include <exception>

namespace {

int failures = 0;

void check(bool holds, const char* what) {
  if (!holds) ++failures;
  std::printf("%s: %s\n", holds ? "passed" : "FAILED", what);
}

void test_every_second() {
  auto driver = weir::test_driver::of<operators::my_operator>();
  driver.send("records", "apple", "");
  driver.send("records", "pear", "");
  check(driver.received("passed").empty(), "the first record of a key stays");
  driver.send("records", "apple", "");
  const auto passed = driver.received("passed");
  check(passed.size() == 1 && passed[0].key == "apple" && passed[0].value == "2", "the second one passes, with its number");
}

void test_crash() {
  auto driver = weir::test_driver::of<operators::my_operator>({{"every", "3"}});
  driver.frame({{"records", "apple", ""}, {"records", "apple", ""}});
  driver.crash_and_recover();
  driver.send("records", "apple", "");
  check(driver.received("passed").size() == 1, "what was counted outlives a crash");
}

void test_config() {
  bool refused = false;
  try {
    weir::test_driver::of<operators::my_operator>({{"every", "0"}});
  } catch (const std::exception&) {
    refused = true;
  }
  check(refused, "a config that makes no sense is refused");
}

}  // namespace

int main() {
  test_every_second();
  test_crash();
  test_config();
  return failures == 0 ? 0 : 1;
}
