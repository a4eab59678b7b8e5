// What a terminal shows, seen through a pseudo-terminal of the test's own: colour for errors unless NO_COLOR says otherwise, progress, and a summary.
#include <fcntl.h>
#include <stdlib.h>

#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

/// What a command writes when its standard error is a terminal.
outcome on_terminal(const workspace& place, const std::vector<std::string>& arguments, const settings& environment) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  REQUIRE(master >= 0);
  REQUIRE(::grantpt(master) == 0);
  REQUIRE(::unlockpt(master) == 0);
  process_options o = weir_command(place).options(arguments, environment);
  o.err = ::ptsname(master);
  outcome shown;
  {
    process run(o);
    // Read until the last one that has the terminal open is gone; reading is what lets the process write on.
    char text[4096];
    for (;;) {
      pollfd both[] = {{master, POLLIN, 0}, {run.handle(), POLLIN, 0}};
      REQUIRE(::poll(both, 2, static_cast<int>(patience.count()) * 1000) > 0);
      const ssize_t n = (both[0].revents & POLLIN) != 0 ? ::read(master, text, sizeof text) : 0;
      if (n > 0) shown.err.append(text, static_cast<std::size_t>(n));
      if (n <= 0 && (both[1].revents & POLLIN) != 0) break;
    }
    shown.status = run.wait();
  }
  ::close(master);
  return shown;
}

}  // namespace

TEST_CASE("errors on a terminal are coloured unless NO_COLOR is set", "[cli]") {
  const workspace place;
  CHECK_THAT(on_terminal(place, {"run", "missing.yaml"}, {{"NO_COLOR", ""}}).err, Contains("\033[31m"));
  CHECK_THAT(on_terminal(place, {"run", "missing.yaml"}, {{"NO_COLOR", "1"}}).err, !Contains("\033") && Contains("weir: error: "));
}

TEST_CASE("a run on a terminal ends with a summary", "[cli]") {
  const workspace place;
  write_text(place / "t.yaml", copying());
  write_text(place / "lines.txt", numbers(12345));
  const outcome o = on_terminal(place, {"run", "t.yaml"}, {});
  CHECK(o.status == 0);
  CHECK_THAT(o.err, Contains("done: 12,345 records in, 12,345 at the sinks"));
}
