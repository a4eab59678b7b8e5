#include "tests/crash/kill_loop.hpp"

#include <fmt/core.h>

#include <cstdlib>
#include <optional>

namespace weir::test {

namespace {

using namespace std::chrono_literals;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

enum class ending : std::uint8_t { counted, not_counted, completed };

/// One run that is killed at a random moment, unless it ends before.
ending run_and_kill(const site& at, const scenario& s, std::size_t lines_in_all, moments& random) {
  first_output output(at);
  folder_watch watch(at.out());
  process run(at.command(s.rate));
  if (random.one_in(5)) {
    if (!run.ends_within(random.within(80ms))) {
      run.signal(SIGKILL);
      CHECK(run.wait() == 128 + SIGKILL);
      return ending::not_counted;
    }
  } else if (watch.wait_until(run, [&] { return output.seen(); }) && !run.ends_within(random.within(300ms))) {
    run.signal(SIGKILL);
    if (run.wait() == 128 + SIGKILL) return at.lines().size() < lines_in_all ? ending::counted : ending::not_counted;
    return ending::completed;
  }
  const int status = run.wait();
  INFO(at.complaints());
  REQUIRE(status == 0);
  return ending::completed;
}

}  // namespace

void compare(const site& disturbed, const site& undisturbed) {
  INFO(disturbed.complaints());
  const auto expected = undisturbed.result();
  const auto found = disturbed.result();
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (found[i] == expected[i]) continue;
    std::vector<std::string> missing;
    std::vector<std::string> extra;
    std::set_difference(expected[i].begin(), expected[i].end(), found[i].begin(), found[i].end(), std::back_inserter(missing));
    std::set_difference(found[i].begin(), found[i].end(), expected[i].begin(), expected[i].end(), std::back_inserter(extra));
    FAIL("output " << i << ": of " << expected[i].size() << " lines " << missing.size() << " are missing"
                   << (missing.empty() ? "" : ", as '" + missing[0] + "'") << " and " << extra.size() << " are too many"
                   << (extra.empty() ? "" : ", as '" + extra[0] + "'"));
  }
}

void check_still_there(const std::vector<std::string>& shown, const site& result) {
  const std::vector<std::string> all = result.lines();
  std::vector<std::string> gone;
  std::set_difference(shown.begin(), shown.end(), all.begin(), all.end(), std::back_inserter(gone));
  if (!gone.empty()) FAIL(gone.size() << " lines were shown and are gone, as '" << gone[0] << "'");
}

std::size_t kills_in_all() {
#ifdef WEIR_SANITIZED
  constexpr std::size_t unless_told = 18;
#else
  constexpr std::size_t unless_told = 54;
#endif
  return number_from_environment("WEIR_CRASH_KILLS", unless_told);
}

std::size_t kills_of(std::size_t index, std::size_t scenarios) { return kills_in_all() / scenarios + (index < kills_in_all() % scenarios ? 1 : 0); }

moments::moments() : seed_(number_from_environment("WEIR_CRASH_SEED", std::random_device{}())), engine_(seed_) {}

void kill_and_compare(const scenario& s, std::size_t kills) {
  moments random;
  INFO("WEIR_CRASH_SEED=" << random.seed());
  const workspace place;
  std::filesystem::create_directory(place / "undisturbed");
  const site undisturbed(s, place / "undisturbed");
  const int status = undisturbed.run();
  INFO(undisturbed.complaints());
  REQUIRE(status == 0);
  const std::size_t lines = undisturbed.lines().size();
  REQUIRE(lines > 100);

  std::size_t counted = 0;
  std::size_t runs = 0;
  for (std::size_t directory = 0; counted < kills;) {
    const auto folder = place / std::to_string(directory++);
    std::filesystem::create_directory(folder);
    const site disturbed(s, folder);
    bool completed = false;
    std::vector<std::vector<std::string>> shown;
    while (!completed && counted < kills) {
      INFO("data directory " << directory << ", run " << runs << ", " << counted << " kills counted");
      ++runs;
      const ending e = run_and_kill(disturbed, s, lines, random);
      if (e == ending::counted) ++counted;
      completed = e == ending::completed;
      if (e == ending::counted) shown.push_back(disturbed.lines());
      REQUIRE(runs < 20 * (kills + 1));
    }
    const int last = disturbed.run();
    INFO(disturbed.complaints());
    REQUIRE(last == 0);
    compare(disturbed, undisturbed);
    for (const auto& lines_then : shown) check_still_there(lines_then, disturbed);
    std::filesystem::remove_all(folder);
  }
  CHECK(counted == kills);
  fmt::print("{} kills counted in {} runs\n", counted, runs);
}

}  // namespace weir::test
