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
#include "runtime/cli/standard_streams.hpp"
#include "topology/names.hpp"

namespace {

using namespace weir;

/// What follows is no file's name, and must stay as it is.
bool takes_keys(const CLI::App& command) { return command.get_name() == "get" && command.get_parent()->get_name() == "state"; }

/// The words of the command line. CLI11 reads a file that is named like a command as that command, also behind one, so such
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
  return words;
}

std::vector<const CLI::App*> subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// "weir dead-letters ls".
std::string full_name(const CLI::App& command) {
  return command.get_parent() == nullptr ? command.get_name() : full_name(*command.get_parent()) + " " + command.get_name();
}

int refuse(const CLI::App& command, const std::string& why) {
  return cli::complain({error_code::usage, fmt::format("{}; see `{} --help`", why, full_name(command))});
}

/// The command that the words name, down to the last one. What names none is answered here, by its own name, where CLI11 would only miss one.
result<const CLI::App*> find_command(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  for (auto word = words.begin(); word != words.end() && !subcommands(*command).empty(); ++word) {
    if (*word == "-h" || *word == "--help" || (*word == "--version" && command == &app)) return command;
    const std::string kind = word->starts_with("-") ? "option" : "command";
    const auto known = subcommands(*command);
    const auto found = std::find_if(known.begin(), known.end(), [&](const CLI::App* sub) { return sub->get_name() == *word; });
    if (found == known.end()) {
      std::vector<std::string> names;
      for (const CLI::App* sub : known) names.push_back(sub->get_name());
      const std::string of = command == &app ? "" : " of `" + full_name(*command) + "`";
      return error{error_code::usage,
                   fmt::format("no {} '{}'{}{}; see `{} --help`", kind, *word, of, topology::suggestion(*word, names, ""), full_name(*command))};
    }
    command = *found;
  }
  return command;
}

/// Of the words that the command takes nothing from, the first; CLI11 names them all, from the last.
std::string unexpected(const CLI::App& command) {
  const std::vector<std::string> left = command.remaining();
  const std::string word = left.empty() ? "" : left.front();
  if (!word.starts_with("-")) return fmt::format("nothing more was expected where '{}' is", word);
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  return fmt::format("no option '{}'{}", word, topology::suggestion(word, known, ""));
}

void add_commands(CLI::App& app, cli::action& chosen) {
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
}

/// What was printed must have gone out before all is well.
int perform(const cli::action& chosen) {
  try {
    const int status = chosen();
    if (status == 0) cli::flush_output();
    return status;
  } catch (const std::system_error& e) {
    // Whoever read the output, such as `head`, has what it wanted.
    return e.code().value() == EPIPE ? exit_status(error_code::failed) : cli::complain({error_code::failed, e.what()});
  } catch (const std::exception& e) {
    return cli::complain({error_code::failed, fmt::format("{}; this is a defect of weir, please report it", e.what())});
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // A reader that goes away is an error where it is written to, not the end of the process.
  cli::open_standard_streams();
  CLI::App app{"weir: exactly-once stream processing of operators written in C++"};
  app.name("weir");
  app.require_subcommand(1);
  app.set_version_flag("--version", cli::version_text, "As `weir version`");
  cli::action chosen;
  add_commands(app, chosen);
  // After the commands, which would show it as their own.
  app.footer(
      "Examples:\n  weir new my-operator\n  weir validate topology.yaml\n  weir run topology.yaml\n  weir serve --data weir-data\n  weir submit topology.yaml\n"
      "  weir status --watch\n"
      "Each command says more, with examples: weir run --help. Those that talk to a node find it by --node or WEIR_NODE, else in ./weir-data.\n"
      "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no node answers, 4 refused, 5 rolled back in probation, 130/143 interrupted.");
  const auto words = words_of(app, argc, argv);
  const auto command = find_command(app, words);
  if (!command) return cli::complain(command.why());
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 takes them last first.
  } catch (const CLI::Success& e) {
    return perform([&] { return app.exit(e); });
  } catch (const CLI::ExtrasError&) {
    return refuse(**command, unexpected(**command));
  } catch (const CLI::ParseError& e) {
    return refuse(**command, subcommands(**command).empty() ? e.what() : "a command is missing");
  }
  return perform(chosen);
}
