#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "runtime/cli/commands.hpp"
#include "runtime/cli/standard_streams.hpp"

namespace weir::cli {

namespace {

std::string styled(const char* text, const char* code) {
  const char* const plain = std::getenv("NO_COLOR");
  const bool colored = isatty(STDERR_FILENO) != 0 && (plain == nullptr || *plain == '\0');
  return colored ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
}

std::vector<int> usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (sched_getaffinity(0, sizeof set, &set) == 0)
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &set)) cpus.push_back(i);
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

bool read_int(std::string_view text, int& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() && out >= 0;
}

}  // namespace

CLI::Option* add_number(CLI::App& command, const std::string& name, const std::function<void(std::uint64_t)>& take, const std::string& help,
                        std::uint64_t least, std::uint64_t most) {
  const auto read = [name, take, least, most](const std::string& given) {
    std::uint64_t n = 0;
    const auto [end, failed] = std::from_chars(given.data(), given.data() + given.size(), n);
    const std::string range = most == UINT64_MAX ? fmt::format("of at least {}", least) : fmt::format("from {} to {}", least, most);
    if (failed != std::errc() || end != given.data() + given.size() || n < least || n > most)
      throw CLI::ValidationError(name + " " + given, "expected a whole number " + range);
    take(n);
  };
  return command.add_option_function<std::string>(name, read, help)->type_name("N");
}

void add_output(CLI::App& command, output_format& format) {
  add_choice(command, "-o,--output", format, {{"table", output_format::table}, {"json", output_format::json}}, "How to print");
}

int complain(const error& e) {
  tell(fmt::format("{} {}\n", styled("weir: error:", "31"), e.message));
  return exit_status(e.code);
}

void warn(const std::string& text) { tell(fmt::format("{} {}\n", styled("weir: warning:", "33"), text)); }

result<std::vector<int>> read_cores(const std::string& list) {
  const std::vector<int> usable = usable_cpus();
  if (list.empty()) return usable;
  const error wrong{error_code::usage, fmt::format("--cores {}: expected CPU numbers like 0,1 or 0-3", list)};
  std::vector<int> cpus;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t comma = std::min(list.find(',', begin), list.size());
    const std::string_view item = std::string_view(list).substr(begin, comma - begin);
    const std::size_t dash = item.find('-');
    int first = 0;
    int last = 0;
    if (!read_int(item.substr(0, dash), first)) return wrong;
    last = first;
    if (dash != std::string_view::npos && (!read_int(item.substr(dash + 1), last) || last < first)) return wrong;
    for (int cpu = first; cpu <= last && cpu < CPU_SETSIZE; ++cpu) cpus.push_back(cpu);
    begin = comma + 1;
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  std::string all;
  for (int cpu : usable) all += (all.empty() ? "" : ",") + std::to_string(cpu);
  for (int cpu : cpus)
    if (std::find(usable.begin(), usable.end(), cpu) == usable.end())
      return error{error_code::usage, fmt::format("--cores {}: this process may not use CPU {}; it may use {}", list, cpu, all)};
  return cpus;
}

result<std::vector<topology::manifest>> read_manifests(const std::vector<std::string>& paths) {
  std::vector<topology::manifest> all;
  for (const std::string& path : paths) {
    auto m = topology::read_manifest(path, [](const std::string& name) -> std::optional<std::string> {
      const char* const value = std::getenv(name.c_str());
      return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    });
    if (!m) return m.why();
    all.push_back(std::move(m).value());
  }
  return all;
}

std::string grouped(std::uint64_t n) {
  std::string text = std::to_string(n);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

std::string human_bytes(std::uint64_t n) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(n);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", n) : fmt::format("{:.1f} {}", value, units[unit]);
}

result<std::uint64_t> read_bytes(const std::string& text, const std::string& option) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> units{{{"", 1}, {"B", 1}, {"KiB", 1u << 10}, {"MiB", 1u << 20}, {"GiB", 1u << 30}}};
  std::uint64_t n = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (failed == std::errc())
    for (const auto& [name, factor] : units)
      if (name == unit && n <= UINT64_MAX / factor) return n * factor;
  return error{error_code::usage, fmt::format("{} {}: expected a size like 64MiB or 1GiB", option, text)};
}

}  // namespace weir::cli
