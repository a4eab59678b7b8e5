#include "runtime/node/module_keeper.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace weir::runtime {

namespace {

constexpr std::uint64_t artifact_bytes_max = std::uint64_t{1} << 30;

result<std::string> content_of(const std::string& artifact) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(artifact, failed);
  if (failed) return error{error_code::usage, fmt::format("{}: cannot be read: {}", artifact, failed.message())};
  if (size > artifact_bytes_max) return error{error_code::usage, fmt::format("{}: larger than any module ({} bytes)", artifact, artifact_bytes_max)};
  std::ifstream in(artifact, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  if (!in || all.str().size() != size) return error{error_code::usage, fmt::format("{}: cannot be read, or changes meanwhile; try again", artifact)};
  return std::move(all).str();
}

}  // namespace

result<std::string> module_keeper::keep(const std::string& artifact) const {
  const auto content = content_of(artifact);
  if (!content) return content.why();
  const XXH128_hash_t hash = XXH3_128bits(content->data(), content->size());
  const std::string name = fmt::format("modules/{:016x}{:016x}.so", hash.high64, hash.low64);
  const std::string path = directory_ + "/" + name;
  if (files_.exists(path)) return name;
  const std::string folder = directory_ + "/modules";
  if (auto made = files_.make_directory(folder); !made) return made.why();
  // Under its name only when it is whole: a process that dies meanwhile leaves something that the next one writes over.
  const std::string part = path + ".part";
  auto file = files_.open(part, open_mode::write);
  if (!file) return file.why();
  if (auto cut = (*file)->truncate(0); !cut) return cut.why();
  if (auto written = (*file)->write(0, *content); !written) return written.why();
  if (auto synced = (*file)->sync(); !synced) return synced.why();
  if (auto renamed = files_.rename(part, path); !renamed) return renamed.why();
  if (auto synced = files_.sync_directory(folder); !synced) return synced.why();
  return name;
}

result<void> module_keeper::drop_others(const std::set<std::string>& needed) const {
  const std::string folder = directory_ + "/modules";
  if (!files_.exists(folder)) return {};
  const auto names = files_.list(folder);
  if (!names) return names.why();
  for (const std::string& name : *names) {
    if (needed.contains("modules/" + name)) continue;
    if (auto gone = files_.remove(folder + "/" + name); !gone) return gone;
  }
  return {};
}

}  // namespace weir::runtime
