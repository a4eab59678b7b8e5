// The command line: finds the command, and turns every way to end into an exit status.
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <functional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "runtime/cli/commands.hpp"

namespace {

/// What follows is no file's name, and must stay as it is.
bool takes_keys(const CLI::App& command) { return command.get_name() == "get" && command.get_parent()->get_name() == "state"; }

/// The words of the command line, last first, as CLI11 takes them. CLI11 reads a file that is named like a command as that command, also behind one, so such
/// names get a "./" once the command is known.
std::vector<std::string> words_of(const CLI::App& app, int argc, char** argv) {
  std::set<std::string> names;
  const CLI::App* command = &app;
  const std::function<void(const CLI::App&)> gather = [&](const CLI::App& a) {
    for (const CLI::App* sub : a.get_subcommands([](const CLI::App*) { return true; })) {
      names.insert(sub->get_name());
      gather(*sub);
    }
  };
  gather(app);
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const auto subs = command->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == word; });
    if (!subs.empty())
      command = subs.front();
    else if (names.contains(word) && !takes_keys(*command))
      word.insert(0, "./");
    words.push_back(std::move(word));
  }
  std::reverse(words.begin(), words.end());
  return words;
}

/// An unknown command by its own name, where CLI11 would only miss one.
int refuse_unknown(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) known.push_back(sub->get_name());
  const std::string near = weir::topology::nearest_name(word, known);
  fmt::print(stderr, "weir: error: no command '{}'{}; see `weir --help`\n", word, near.empty() ? "" : "; did you mean '" + near + "'?");
  return exit_status(weir::error_code::usage);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace weir;
  std::signal(SIGPIPE, SIG_IGN);  // A reader that goes away is an error where it is written to, not the end of the process.
  CLI::App app{"weir: exactly-once stream processing of operators written in C++"};
  app.name("weir");
  app.require_subcommand(1);
  app.footer(
      "Examples:\n  weir run topology.yaml\n  weir validate topology.yaml\nExit status: 0 done, 1 failed, 2 wrong usage, 3 no node answers, 4 refused, 130/143 "
      "interrupted.");
  cli::action chosen;
  cli::add_new(app, chosen);
  cli::add_run(app, chosen);
  cli::add_serve(app, chosen);
  cli::add_validate(app, chosen);
  cli::add_describe(app, chosen);
  cli::add_submit(app, chosen);
  cli::add_deploy(app, chosen);
  cli::add_rollback(app, chosen);
  cli::add_get(app, chosen);
  cli::add_list(app, chosen);
  cli::add_status(app, chosen);
  cli::add_logs(app, chosen);
  cli::add_state(app, chosen);
  cli::add_lifecycle(app, chosen);
  cli::add_tail(app, chosen);
  cli::add_publish(app, chosen);
  cli::add_dead_letters(app, chosen);
  cli::add_data(app, chosen);
  cli::add_version(app, chosen);
  const auto is_first_word = [&](const CLI::App* sub) { return sub->get_name() == argv[1]; };
  if (argc > 1 && argv[1][0] != '-' && app.get_subcommands(is_first_word).empty()) return refuse_unknown(app, argv[1]);
  try {
    app.parse(words_of(app, argc, argv));
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
  } catch (const std::system_error& e) {
    if (e.code().value() == EPIPE) return exit_status(error_code::failed);  // Whoever read the output, such as `head`, has what it wanted.
    fmt::print(stderr, "weir: error: {}\n", e.what());
    return exit_status(error_code::failed);
  } catch (const std::exception& e) {
    fmt::print(stderr, "weir: error: {}; this is a defect of weir, please report it\n", e.what());
    return exit_status(error_code::failed);
  }
}
