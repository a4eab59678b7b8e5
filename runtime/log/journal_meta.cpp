#include "runtime/log/journal_meta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "runtime/log/crc32c.hpp"
#include "runtime/log/format.hpp"

namespace weir::runtime {
namespace {

constexpr std::string_view first_line = "weir data directory\n";
constexpr std::size_t meta_bytes_max = 4096;

std::string meta_path(const std::string& directory) { return directory + "/meta"; }
std::string new_meta_path(const std::string& directory) { return directory + "/meta.new"; }

std::string text_of(const journal_meta& meta) {
  std::string text = fmt::format("{}format {}\njournal {:016x}\nsegment_bytes {}\n", first_line, format_version, meta.journal_id, meta.segment_bytes);
  text += fmt::format("checksum {:08x}\n", crc32c(0, text.data(), text.size()));
  return text;
}

/// The number behind "name " in the line that `text` begins with; moves `text` behind the line.
std::optional<std::uint64_t> take_line(std::string_view& text, std::string_view name, int base) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos || text.substr(0, name.size()) != name) return std::nullopt;
  const std::string_view digits = text.substr(name.size(), end - name.size());
  std::uint64_t value = 0;
  const auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (failure != std::errc() || stop != digits.data() + digits.size() || digits.empty()) return std::nullopt;
  text.remove_prefix(end + 1);
  return value;
}

error damaged(const std::string& path) {
  return {error_code::corrupt, fmt::format("{} is damaged; restore it from a backup, or start with another data directory", path)};
}

}  // namespace

result<data_directory_state> look_at_data_directory(files& fs, const std::string& directory) {
  auto names = fs.list(directory);
  if (!names) return names.why();
  const auto has = [&](std::string_view name) { return std::find(names->begin(), names->end(), name) != names->end(); };
  if (has("meta")) return data_directory_state::made;
  constexpr std::array<std::string_view, 5> known = {"lock", "meta.new", "lost+found", "weir.sock", "weir.sock.lock"};
  const bool unfinished = has("meta.new");
  for (const std::string& name : *names) {
    if (std::find(known.begin(), known.end(), name) != known.end() || (unfinished && (name == "journal" || name == "snapshots"))) continue;
    return error{error_code::refused, fmt::format("directory {} is not empty and not a data directory of weir (it holds '{}' and no file 'meta'); "
                                                  "choose an empty directory, or the one given to 'weir run --data'",
                                                  directory, name)};
  }
  return unfinished ? data_directory_state::unfinished : data_directory_state::empty;
}

result<journal_meta> read_meta(files& fs, const std::string& directory) {
  const std::string path = meta_path(directory);
  auto opened = fs.open(path, open_mode::read);
  if (!opened) return opened.why();
  std::string text(meta_bytes_max, '\0');
  auto got = (*opened)->read(0, text.data(), text.size());
  if (!got) return got.why();
  text.resize(*got);
  std::string_view rest = text;
  if (rest.substr(0, first_line.size()) != first_line) return damaged(path);
  rest.remove_prefix(first_line.size());
  const auto format = take_line(rest, "format ", 10);
  // The lines below the format may mean anything in a newer one, so this is decided before them.
  if (format && *format > format_version) {
    return error{error_code::refused,
                 fmt::format("data directory {} has the newer format {}; this weir reads up to {}; use a newer weir", directory, *format, format_version)};
  }
  const auto journal_id = take_line(rest, "journal ", 16);
  const auto segment_bytes = take_line(rest, "segment_bytes ", 10);
  if (!format || !journal_id || !segment_bytes) return damaged(path);
  const journal_meta meta{*journal_id, *segment_bytes};
  if (text != text_of(meta)) return damaged(path);
  return meta;
}

result<void> begin_meta(files& fs, const std::string& directory, const journal_meta& meta) {
  {
    auto opened = fs.open(new_meta_path(directory), open_mode::write);
    if (!opened) return opened.why();
    if (auto emptied = (*opened)->truncate(0); !emptied) return emptied;
    if (auto written = (*opened)->write(0, text_of(meta)); !written) return written;
    if (auto synced = (*opened)->sync(); !synced) return synced;
  }
  return fs.sync_directory(directory);
}

result<void> finish_meta(files& fs, const std::string& directory) {
  if (auto renamed = fs.rename(new_meta_path(directory), meta_path(directory)); !renamed) return renamed;
  return fs.sync_directory(directory);
}

}  // namespace weir::runtime
