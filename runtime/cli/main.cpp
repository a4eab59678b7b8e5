// The command line: finds the command, and turns every way to end into an exit status.
#include <fmt/core.h>

#include <csignal>
#include <exception>

#include "runtime/cli/commands.hpp"

int main(int argc, char** argv) {
  using namespace weir;
  std::signal(SIGPIPE, SIG_IGN);  // A reader that goes away is an error where it is written to, not the end of the process.
  CLI::App app{"weir: exactly-once stream processing of operators written in C++"};
  app.name("weir");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n  weir run topology.yaml\n  weir validate topology.yaml\nExit status: 0 done, 1 failed, 2 wrong usage, 4 refused, 130/143 interrupted.");
  cli::action chosen;
  cli::add_run(app, chosen);
  cli::add_validate(app, chosen);
  cli::add_data(app, chosen);
  cli::add_version(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& e) {
    return app.exit(e);
  } catch (const CLI::CallForAllHelp& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    std::string place;
    for (const CLI::App* sub : app.get_subcommands()) place += " " + sub->get_name();
    fmt::print(stderr, "weir: error: {}; see `weir{} --help`\n", e.what(), place);
    return exit_status(error_code::usage);
  }
  try {
    return chosen();
  } catch (const std::exception& e) {
    fmt::print(stderr, "weir: error: {}; this is a defect of weir, please report it\n", e.what());
    return exit_status(error_code::failed);
  }
}
