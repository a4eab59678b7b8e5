// The commands of `weir`. Each adds itself to the command line and, when chosen, runs and returns an exit status (topology/result.hpp lists them).
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "topology/plan.hpp"
#include "topology/result.hpp"

namespace weir::cli {

/// What the chosen command does.
using action = std::function<int()>;

void add_run(CLI::App& app, action& chosen);
void add_validate(CLI::App& app, action& chosen);
void add_new(CLI::App& app, action& chosen);
void add_describe(CLI::App& app, action& chosen);
void add_data(CLI::App& app, action& chosen);
void add_serve(CLI::App& app, action& chosen);
void add_submit(CLI::App& app, action& chosen);
void add_deploy(CLI::App& app, action& chosen);
void add_rollback(CLI::App& app, action& chosen);  ///< rollback and history.
void add_get(CLI::App& app, action& chosen);
void add_list(CLI::App& app, action& chosen);
void add_status(CLI::App& app, action& chosen);
void add_lifecycle(CLI::App& app, action& chosen);  ///< stop, start, pause, resume, remove.
void add_dead_letters(CLI::App& app, action& chosen);
void add_tail(CLI::App& app, action& chosen);
void add_publish(CLI::App& app, action& chosen);
void add_logs(CLI::App& app, action& chosen);
void add_state(CLI::App& app, action& chosen);
void add_version(CLI::App& app, action& chosen);

// -- shared by commands -----------------------------------------------------------------------------------------------------------------------

enum class output_format : std::uint8_t { table, json };

/// An option that takes one of a few words.
template <class E>
CLI::Option* add_choice(CLI::App& command, const std::string& name, E& value, const std::map<std::string, E>& words, const std::string& help) {
  std::string all, first;
  for (const auto& [word, meaning] : words) {
    all += (all.empty() ? "" : "|") + word;
    if (meaning == value) first = word;
  }
  const std::string option = name.substr(name.rfind(',') + 1);
  return command
      .add_option_function<std::string>(
          name,
          [&value, words, all, option](const std::string& given) {
            const auto found = words.find(given);
            if (found == words.end()) throw CLI::ValidationError(option + " " + given, "expected " + all);
            value = found->second;
          },
          help)
      ->type_name(all)
      ->default_str(first);
}

/// An option that takes a whole number. What it is without one is said by the help or default_str().
CLI::Option* add_number(CLI::App& command, const std::string& name, const std::function<void(std::uint64_t)>& take, const std::string& help,
                        std::uint64_t least = 0, std::uint64_t most = UINT64_MAX);

/// `-o table|json`.
void add_output(CLI::App& command, output_format& format);

/// Prints "weir: error: …" to standard error and returns the error's exit status.
int complain(const error& e);
void warn(const std::string& text);

/// What `weir version` prints.
std::string version_text();

/// "0,1" or "0-3" as CPU numbers; all CPUs this process may use where empty.
result<std::vector<int>> read_cores(const std::string& list);

/// Reads manifests with this process's environment.
result<std::vector<topology::manifest>> read_manifests(const std::vector<std::string>& files);

/// "12345678" as "12,345,678".
std::string grouped(std::uint64_t n);
/// "1.5 GiB".
std::string human_bytes(std::uint64_t n);
/// "64MiB", "1GiB", "4096" as bytes.
result<std::uint64_t> read_bytes(const std::string& text, const std::string& option);

}  // namespace weir::cli
