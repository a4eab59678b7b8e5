// The files that a source's `path` names: a file, a list of files, or globs. Called once per start.
#pragma once

#include <weir/file.hpp>
#include <weir/weir.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::operators {

struct input_file {
  std::string name;  ///< As the manifest writes it: what a position belongs to, wherever the manifest's folder is seen from.
  std::string path;  ///< What to open.
};

/// A folder's name in a glob stands for itself, whatever characters it is made of.
inline std::string glob_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// In the order of the list, a glob's files in byte order. Throws std::invalid_argument where a file is named twice and, unless that may be, where a glob
/// matches none.
inline std::vector<input_file> find_input_files(weir::context& ctx, std::string_view key, bool may_be_gone) {
  const char* manifest_directory = ctx.raw()->manifest_directory;
  const std::string directory = manifest_directory == nullptr ? "" : manifest_directory;
  std::vector<input_file> files;
  for (const std::string& item : ctx.config().list(key)) {
    if (item.empty()) throw std::invalid_argument("with." + std::string(key) + " holds an empty name");
    const std::string prefix = item.front() == '/' ? "" : directory;
    if (item.find_first_of("*?[") == std::string::npos) {
      files.push_back({item, prefix + item});
      continue;
    }
    const std::vector<std::string> paths = weir::glob(ctx, glob_escaped(prefix) + item);
    if (paths.empty() && !may_be_gone) throw std::invalid_argument("with." + std::string(key) + ": no file matches " + prefix + item);
    for (const std::string& path : paths) files.push_back({path.substr(path.starts_with(prefix) ? prefix.size() : 0), path});
  }
  if (files.empty() && !may_be_gone) throw std::invalid_argument("with." + std::string(key) + " names no file");
  std::vector<std::string_view> names;
  for (const input_file& file : files) names.push_back(file.name);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end()) {
    throw std::invalid_argument("with." + std::string(key) + " names " + std::string(*twice) + " twice");
  }
  return files;
}

}  // namespace weir::operators
