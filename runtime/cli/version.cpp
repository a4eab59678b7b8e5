#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "runtime/cli/commands.hpp"
#include "runtime/log/format.hpp"

namespace weir::cli {

std::string version_text() { return fmt::format("weir {} (operator ABI {}, log format {})", WEIR_VERSION, WEIR_ABI_VERSION, runtime::format_version); }

void add_version(CLI::App& app, action& chosen) {
  static output_format format = output_format::table;
  CLI::App* const command = app.add_subcommand("version", "Prints the versions of weir, its operator ABI and its log format");
  command->footer("Example:\n  weir version -o json");
  add_output(*command, format);
  command->callback([&chosen] {
    chosen = [] {
      if (format == output_format::json)
        fmt::print("{}\n", nlohmann::json{{"weir", WEIR_VERSION}, {"abi", WEIR_ABI_VERSION}, {"log_format", runtime::format_version}}.dump());
      else
        fmt::print("{}\n", version_text());
      return 0;
    };
  });
}

}  // namespace weir::cli
