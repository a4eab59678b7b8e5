// weir new: a project with one operator, its test and its manifest, made from the templates that are installed beside weir (sdk/scaffold).
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/commands.hpp"

namespace weir::cli {

namespace {

namespace fs = std::filesystem;

fs::path program_folder() {
  std::error_code failed;
  return fs::read_symlink("/proc/self/exe", failed).parent_path();
}

/// The first of these folders, beside the running program's own or in a build tree below it, that is there.
fs::path installed(const char* relative) {
  std::error_code failed;
  const fs::path program = program_folder();
  for (const fs::path& prefix : {program.parent_path(), program})
    if (fs::is_directory(prefix / relative, failed)) return prefix / relative;
  return program.parent_path() / relative;
}

/// What neither a C++ class nor a CMake target can be called.
bool is_taken(const std::string& name) {
  constexpr std::array taken{
      "all",       "alignas", "alignof",  "and",      "asm",     "auto",     "bool",   "break",   "case",     "catch",     "char",     "class",    "clean",
      "concept",   "const",   "continue", "decltype", "default", "delete",   "do",     "double",  "else",     "enum",      "explicit", "export",   "extern",
      "false",     "float",   "for",      "friend",   "goto",    "help",     "if",     "inline",  "install",  "int",       "long",     "main",     "mutable",
      "namespace", "new",     "noexcept", "not",      "nullptr", "operator", "or",     "package", "private",  "protected", "public",   "register", "requires",
      "return",    "short",   "signed",   "sizeof",   "static",  "std",      "struct", "switch",  "template", "test",      "this",     "throw",    "true",
      "try",       "typedef", "typeid",   "typename", "union",   "unsigned", "using",  "virtual", "void",     "volatile",  "weir",     "while",    "xor"};
  return std::find(taken.begin(), taken.end(), name) != taken.end();
}

/// The folder's name as that of a class: lower-case letters, digits and single underscores. Empty where it has no letter or digit.
std::string class_name(const std::string& folder) {
  std::string name;
  for (const char c : folder) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x80 && std::isalnum(u) != 0)
      name += static_cast<char>(std::tolower(u));
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  if (!name.empty() && name.back() == '_') name.pop_back();
  if (name.empty()) return name;
  if (std::isdigit(static_cast<unsigned char>(name.front())) != 0) name.insert(0, "operator_");
  return is_taken(name) ? name + "_operator" : name;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
}

/// The templates are a working project called my_operator.
std::string renamed(std::string text, const std::string& name) {
  std::string dashed = name;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  replace_all(text, "my_operator", name);
  replace_all(text, "my-operator", dashed);
  return text;
}

result<void> write_file(const fs::path& from, const fs::path& to, const std::string& name) {
  std::ifstream in(from, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  std::ofstream out(to, std::ios::binary);
  out << renamed(text.str(), name);
  out.close();
  if (!in || !out)
    return error{error_code::failed, fmt::format("{}: cannot be written from {}; check permissions and the disk's space", to.string(), from.string())};
  return {};
}

result<void> check_target(const fs::path& directory) {
  std::error_code failed;
  if (!fs::exists(directory, failed)) return {};
  if (!fs::is_directory(directory, failed)) return error{error_code::refused, directory.string() + " is not a directory; choose another name"};
  if (!fs::is_empty(directory, failed) || failed)
    return error{error_code::refused, directory.string() + " is not empty; weir new overwrites nothing: choose another name"};
  return {};
}

/// Whether commands of this folder are found by their names; CMake then finds the packages beside it too.
bool on_path(const fs::path& folder) {
  const char* const path = std::getenv("PATH");
  std::stringstream folders(path == nullptr ? "" : path);
  for (std::string one; std::getline(folders, one, ':');)
    if (fs::path(one).lexically_normal() == folder) return true;
  return false;
}

/// As a shell takes it for one word, and no command for an option.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./+@%:,=-";
  std::string word = text.starts_with("-") ? "./" + text : text;
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

/// The commands that build what was made, test it and run it.
std::vector<std::string> next_commands(const std::string& where) {
  const fs::path prefix = installed("lib/cmake/weir").parent_path().parent_path().parent_path();
  const std::string option = on_path(prefix / "bin") ? "" : "-DCMAKE_PREFIX_PATH=" + shell_word(prefix.string()) + " ";
  const std::string weir = on_path(program_folder()) ? "weir" : shell_word((program_folder() / "weir").string());
  return {fmt::format("cd {} && cmake {}-S . -B build && cmake --build build", shell_word(where), option), "ctest --test-dir build --output-on-failure",
          weir + " run topology.yaml"};
}

int make_project(const std::string& where, output_format format) {
  std::error_code failed;
  fs::path directory = fs::absolute(where, failed).lexically_normal();
  if (!directory.has_filename()) directory = directory.parent_path();
  const std::string name = class_name(directory.filename().string());
  if (name.empty()) return complain({error_code::usage, fmt::format("'{}' makes no name for an operator; name the directory with letters of ASCII", where)});
  if (const auto free = check_target(directory); !free) return complain(free.why());
  const fs::path templates = installed("share/weir/scaffold");
  if (!fs::is_directory(templates, failed)) {
    return complain({error_code::failed, fmt::format("{}: the templates are not there; install weir again with ./dev install", templates.string())});
  }
  fs::create_directories(directory, failed);
  if (failed) return complain({error_code::failed, fmt::format("{}: cannot be made: {}", directory.string(), failed.message())});
  for (const auto& file : fs::directory_iterator(templates)) {
    const auto written = write_file(file.path(), directory / renamed(file.path().filename().string(), name), name);
    if (!written) return complain(written.why());
  }
  const std::vector<std::string> next = next_commands(where);
  if (format == output_format::json) {
    const nlohmann::ordered_json made{{"directory", directory.string()}, {"operator", name}, {"next", next}};
    fmt::print("{}\n", made.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return 0;
  }
  fmt::print("{} holds the operator {}, its test and a topology that runs it. Next:\n\n", where, name);
  for (const std::string& command : next) fmt::print("    {}\n", command);
  return 0;
}

}  // namespace

void add_new(CLI::App& app, action& chosen) {
  static std::string directory;
  static output_format format = output_format::table;
  CLI::App* const command = app.add_subcommand("new", "Makes a project with an operator, its test and its manifest, which builds and runs as it stands");
  command->footer("Example:\n  weir new my-operator");
  command->add_option("DIR", directory, "The project's directory: new or empty; its name becomes the operator's")->required();
  add_output(*command, format);
  command->callback([&chosen] { chosen = [] { return make_project(directory, format); }; });
}

}  // namespace weir::cli
