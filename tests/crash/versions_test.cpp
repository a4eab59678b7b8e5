// A newer module takes over the data directory of an older one in the middle of its input, and the older one takes it back while the newer one is at hand.
#include "tests/crash/kill_loop.hpp"

using namespace weir::test;

namespace {

/// A run that is ended by SIGINT once it has put something out.
int interrupted(const site& at, int rate) {
  first_output output(at);
  folder_watch watch(at.out());
  process run(at.command(rate));
  REQUIRE(watch.wait_until(run, [&] { return output.seen(); }));
  run.signal(SIGINT);
  return run.wait();
}

}  // namespace

TEST_CASE("word_count's second version goes on with the first one's counts, and the first one with the second one's", "[crash][versions]") {
  scenario old_version = word_count(2);
  old_version.rate /= 8;  // So that none ends by itself before the signal.
  scenario new_version = old_version;
  new_version.environment.emplace_back("VERSION", "_v2");
  const workspace place;
  std::filesystem::create_directory(place / "undisturbed");
  std::filesystem::create_directory(place / "replaced");
  const site undisturbed(old_version, place / "undisturbed");
  REQUIRE(undisturbed.run() == 0);
  const site before(old_version, place / "replaced");
  const site after(new_version, place / "replaced");

  REQUIRE(interrupted(before, old_version.rate) == 130);
  REQUIRE(interrupted(after, old_version.rate) == 130);
  REQUIRE(interrupted(before, old_version.rate) == 130);
  const int status = after.run();
  INFO(after.complaints());
  REQUIRE(status == 0);
  compare(after, undisturbed);
}
