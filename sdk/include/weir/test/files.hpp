// The files of a test: in memory, nothing on disk. crash() loses what was not synced, as a power cut would. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::testing {

/// Shell patterns: `*` and `?` do not cross '/', `[a-z]` and `[!a-z]` stand for one character.
inline bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  const char p = pattern.front();
  if (p == '*') return matches(pattern.substr(1), text) || (!text.empty() && text.front() != '/' && matches(pattern, text.substr(1)));
  if (text.empty()) return false;
  const auto end = p == '[' ? pattern.find(']', 2) : std::string_view::npos;
  if (end == std::string_view::npos) return (p == text.front() || (p == '?' && text.front() != '/')) && matches(pattern.substr(1), text.substr(1));
  std::string_view set = pattern.substr(1, end - 1);
  const bool inverted = set.front() == '!';
  if (inverted) set.remove_prefix(1);
  bool inside = false;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool range = i + 2 < set.size() && set[i + 1] == '-';
    inside = inside || (range ? set[i] <= text.front() && text.front() <= set[i + 2] : set[i] == text.front());
    if (range) i += 2;
  }
  return inside != inverted && matches(pattern.substr(end + 1), text.substr(1));
}

/// Path and content of the files that are there before the operator is.
using test_files = std::vector<std::pair<std::string, std::string>>;

/// Files by path; see above.
class memory_files {
 public:
  /// Of one file.
  struct content {
    std::string data;    ///< As readers see it.
    std::string synced;  ///< As a power cut would leave it.
  };

  /// Makes a file with these bytes, on disk.
  void write(std::string_view path, std::string_view data) { *make(path) = {std::string(data), std::string(data)}; }
  /// All of a file as a reader sees it now; the empty string where there is none.
  std::string read(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? std::string() : found->second->data;
  }
  /// What would be left of it after a power cut.
  std::string read_synced(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? std::string() : found->second->synced;
  }
  /// Whether there is such a file.
  bool exists(std::string_view path) const { return files_.find(path) != files_.end(); }
  /// Nothing happens where there is none.
  void remove(std::string_view path) {
    if (const auto found = files_.find(path); found != files_.end()) files_.erase(found);
  }

  /// What is open stays open, as with real files.
  std::shared_ptr<content> open(std::string_view path) const {
    const auto found = files_.find(path);
    return found == files_.end() ? nullptr : found->second;
  }
  /// Opens a file, empty where there was none.
  std::shared_ptr<content> make(std::string_view path) {
    std::shared_ptr<content>& file = files_[std::string(path)];
    if (!file) file = std::make_shared<content>();
    return file;
  }
  /// The paths that match, in byte order.
  std::vector<std::string> glob(std::string_view pattern) const {
    std::vector<std::string> paths;
    for (const auto& [path, file] : files_) {
      if (matches(pattern, path)) paths.push_back(path);
    }
    return paths;
  }
  /// What was not synced is gone.
  void crash() {
    for (auto& [path, file] : files_) file->data = file->synced;
  }

 private:
  std::map<std::string, std::shared_ptr<content>, std::less<>> files_;
};

}  // namespace weir::testing
