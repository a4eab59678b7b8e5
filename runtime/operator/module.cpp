#include "runtime/operator/module.hpp"

#include <dlfcn.h>
#include <elf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "runtime/operator/external_source.hpp"

namespace weir::runtime {

namespace {

error bad_module(const std::string& path, const std::string& why) { return {error_code::usage, path + ": " + why}; }

std::string text_of(const char* text) { return text != nullptr ? text : ""; }

std::string one_line(const char* text) {
  std::string s = text != nullptr ? text : "unknown reason";
  std::replace(s.begin(), s.end(), '\n', ' ');
  return s;
}

/// What is named before and behind the operator in the file name of a module of its own.
constexpr std::string_view own_prefix = "libweir-";
constexpr std::string_view own_suffix = ".so";

/// Standard operators that have a module of their own, in the directory of the others'.
std::vector<std::string> operators_beside(const std::string& standard_operators) {
  std::vector<std::string> found;
  std::error_code failed;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(standard_operators).parent_path(), failed)) {
    const std::string name = file.path().filename().string();
    if (!name.starts_with(own_prefix) || !name.ends_with(own_suffix) || name == std::filesystem::path(standard_operators).filename()) continue;
    found.push_back(name.substr(own_prefix.size(), name.size() - own_prefix.size() - own_suffix.size()));
  }
  return found;
}

}  // namespace

/// A module cut short would kill the process with SIGBUS while it is mapped, so its headers are checked against its size first.
result<void> operator_module::check_file(const std::string& path, const std::string& shown) {
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (failed || !std::filesystem::exists(status)) return bad_module(shown, "no such file; build the module, or correct its path");
  if (!std::filesystem::is_regular_file(status)) return bad_module(shown, "not a regular file; an operator module is a shared object");
  const std::uint64_t size = std::filesystem::file_size(path, failed);
  std::ifstream in(path, std::ios::binary);
  if (failed || !in) return bad_module(shown, std::string("cannot be read: ") + std::strerror(errno));
  Elf64_Ehdr header{};
  in.read(reinterpret_cast<char*>(&header), sizeof header);
  if (in.gcount() < SELFMAG || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return bad_module(shown, "not a shared object (ELF); an operator module is built with weir_add_operator");
  if (static_cast<std::size_t>(in.gcount()) < sizeof header) return bad_module(shown, "truncated; build it again");
#if defined(__x86_64__)
  constexpr Elf64_Half machine = EM_X86_64;
#elif defined(__aarch64__)
  constexpr Elf64_Half machine = EM_AARCH64;
#endif
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != machine) return bad_module(shown, "built for another machine; build it on this one");
  if (header.e_type != ET_DYN) return bad_module(shown, "not a shared object; build it with weir_add_operator");
  const auto table_end = [&](std::uint64_t offset, std::uint64_t count, std::uint64_t each) { return offset > size || count * each > size - offset; };
  if (table_end(header.e_phoff, header.e_phnum, sizeof(Elf64_Phdr)) || table_end(header.e_shoff, header.e_shnum, header.e_shentsize))
    return bad_module(shown, "truncated; build it again");
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  in.seekg(static_cast<std::streamoff>(header.e_phoff));
  in.read(reinterpret_cast<char*>(segments.data()), static_cast<std::streamsize>(segments.size() * sizeof(Elf64_Phdr)));
  for (const Elf64_Phdr& s : segments)
    if (s.p_type == PT_LOAD && table_end(s.p_offset, 1, s.p_filesz)) return bad_module(shown, "truncated; build it again");
  return {};
}

result<std::shared_ptr<const operator_module>> operator_module::load(const std::string& path, const std::string& shown) {
  if (const auto checked = check_file(path, shown); !checked) return checked.why();
  std::error_code failed;
  const std::string absolute = std::filesystem::absolute(path, failed).string();
  void* const handle = dlopen(absolute.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return bad_module(shown, "cannot be loaded: " + one_line(dlerror()));
  void* const symbol = dlsym(handle, WEIR_MODULE_SYMBOL);
  if (symbol == nullptr) return bad_module(shown, "exports no operator: use WEIR_EXPORT_OPERATOR(your_class) in one of its sources");
  const weir_module_info* const info = reinterpret_cast<weir_module_function>(symbol)();
  if (info == nullptr || info->size < offsetof(weir_module_info, sdk_version)) return bad_module(shown, "describes itself wrongly; build it again");
  if (info->abi_version != WEIR_ABI_VERSION)
    return bad_module(shown, "was built for ABI version " + std::to_string(info->abi_version) + "; this weir has version " + std::to_string(WEIR_ABI_VERSION) +
                                 ": build it again with this weir's headers");
  if (info->size < sizeof(weir_module_info)) return bad_module(shown, "describes itself wrongly; build it again");
  auto module = std::make_shared<operator_module>();
  module->path_ = path;
  module->shown_ = shown;
  module->info_ = info;
  if (info->operator_count == 0) return bad_module(shown, "exports no operator: use WEIR_EXPORT_OPERATOR(your_class) in one of its sources");
  for (const weir_operator_info* op : module->operators())
    if (op->size < sizeof(weir_operator_info) || op->class_name == nullptr || op->metadata == nullptr || op->create == nullptr)
      return bad_module(shown, "describes its operators wrongly: each has a size, a class_name, metadata() and create(); build it again");
  return std::shared_ptr<const operator_module>(std::move(module));
}

result<const weir_operator_info*> operator_module::find(const std::string& class_name) const {
  std::vector<std::string> known;
  const weir_operator_info* found = nullptr;
  for (const weir_operator_info* op : operators()) {
    const std::string name = op->class_name;
    known.push_back(name);
    const bool same = name == class_name || (name.size() > class_name.size() + 2 && name.ends_with("::" + class_name));
    if (same && !class_name.empty()) found = op;
  }
  if (found != nullptr) return found;
  if (class_name.empty() && known.size() == 1) return operators()[0];
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  if (class_name.empty()) return bad_module(shown_, "exports several operators; say `class:` with one of " + list);
  const std::string near = topology::nearest_name(class_name, known);
  return bad_module(shown_, "exports no class '" + class_name + "'" + (near.empty() ? "; it has " + list : "; did you mean '" + near + "'?"));
}

result<const weir_operator_info*> operator_module::find_by_name(const std::string& name) const {
  std::vector<std::string> known;
  for (const weir_operator_info* op : operators()) {
    auto metadata = read_metadata(*op);
    if (!metadata) return metadata.why();
    if (metadata->name == name) return op;
    known.push_back(metadata->name);
  }
  for (std::string& own : operators_beside(path_)) known.push_back(std::move(own));
  std::sort(known.begin(), known.end());
  std::string list;
  for (const std::string& k : known) list += (list.empty() ? "" : ", ") + k;
  return error{error_code::usage, "no standard operator '" + name + "'" + topology::suggestion(name, known, "; there are " + list)};
}

std::vector<void (*)(void*)> state_normalizers(const weir_operator_info& info) {
  weir_outcome outcome{};
  std::vector<void (*)(void*)> out;
  if (const weir_metadata_info* const m = info.metadata(&outcome))
    for (std::uint32_t i = 0; i < m->state_count; ++i) out.push_back(m->states[i].normalize);
  return out;
}

result<topology::operator_metadata> read_metadata(const weir_operator_info& info) {
  std::array<char, 512> text{};
  weir_outcome outcome{};
  outcome.text_capacity = text.size();
  outcome.text = text.data();
  const weir_metadata_info* const m = info.metadata(&outcome);
  const std::string class_name = info.class_name;
  if (m == nullptr) return error{error_code::usage, "class '" + class_name + "': metadata() failed: " + std::string(text.data(), outcome.text_size)};
  if (m->size < sizeof(weir_metadata_info) || m->name == nullptr || m->version == nullptr)
    return error{error_code::usage, "class '" + class_name + "': its metadata has no name, no version or another size than this weir knows; build it again"};
  if (m->istream_count > 0 && info.process == nullptr)
    return error{error_code::usage, "class '" + class_name + "' declares istreams but has no process(); a source declares none"};
  topology::operator_metadata out;
  out.class_name = class_name;
  out.name = m->name;
  out.version = m->version;
  for (std::uint32_t i = 0; i < m->istream_count; ++i) {
    if (m->istreams[i].role != WEIR_ROLE_EVENTS)
      return error{error_code::usage, "class '" + class_name + "': istream '" + m->istreams[i].name + "' has a role that this weir does not know"};
    out.istreams.push_back({m->istreams[i].name, m->istreams[i].grouping});
  }
  for (std::uint32_t i = 0; i < m->ostream_count; ++i) out.ostreams.emplace_back(m->ostreams[i]);
  for (std::uint32_t i = 0; i < m->state_count; ++i) {
    const weir_state_info& s = m->states[i];
    out.states.push_back({s.name, s.version, s.scope, s.value, s.value_size, text_of(s.schema), {}});
    for (const weir_state_conversion& c : std::span(s.conversions, s.conversion_count))
      (c.direction == WEIR_CONVERT_FROM ? out.states.back().formers : out.states.back().targets)
          .push_back({c.version, c.value, c.value_size, text_of(c.schema)});
  }
  for (std::uint32_t i = 0; i < m->config_count; ++i) {
    const weir_config_info& c = m->config[i];
    out.config.push_back({c.name, c.type, c.otherwise == nullptr, c.otherwise == nullptr ? "" : c.otherwise, c.help == nullptr ? "" : c.help});
  }
  out.delivery = m->delivery;
  out.blocking = m->blocking != 0;
  out.polls = info.poll != nullptr;
  return out;
}

bool module_set::has(const std::string& path) const {
  return std::any_of(loaded_.begin(), loaded_.end(), [&](const auto& m) { return m->path() == path; });
}

result<std::shared_ptr<const operator_module>> module_set::load(const std::string& path, const std::string& shown) {
  for (const auto& m : loaded_)
    if (m->path() == path) return m;
  auto m = operator_module::load(path, shown);
  if (!m) return m;
  loaded_.push_back(m.value());
  count_.store(loaded_.size(), std::memory_order_relaxed);
  return m;
}

result<const weir_operator_info*> module_set::find(const topology::operator_entry& entry) {
  if (entry.uses == topology::external_class) return &external_operator();
  const bool standard = !entry.uses.empty();
  const std::string path = standard ? standard_module_path(standard_operators_, entry.uses) : entry.artifact;
  auto module = load(path, path);
  if (!module) return module.why();
  return standard ? module.value()->find_by_name(entry.uses) : module.value()->find(entry.class_name);
}

topology::metadata_lookup module_set::lookup() {
  return [this](const topology::operator_entry& entry) -> result<topology::operator_metadata> {
    auto info = find(entry);
    if (!info) return info.why();
    return read_metadata(**info);
  };
}

std::string standard_module_path(const std::string& standard_operators, const std::string& name) {
  std::error_code failed;
  const auto own = std::filesystem::path(standard_operators).parent_path() / (std::string(own_prefix).append(name).append(own_suffix));
  const bool plain = name.find('/') == std::string::npos && name != "operators";
  return plain && std::filesystem::exists(own, failed) ? own.string() : standard_operators;
}

std::string standard_operators_path() {
  if (const char* told = std::getenv("WEIR_OPERATORS"); told != nullptr && *told != '\0') return told;
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  const std::string name = "libweir-operators.so";
  for (const auto& candidate : {program / ".." / "lib" / "weir" / name, program / name}) {
    if (std::filesystem::exists(candidate, failed)) return candidate.lexically_normal().string();
  }
  return (program / ".." / "lib" / "weir" / name).lexically_normal().string();
}

}  // namespace weir::runtime
