// Operator modules: shared objects that export weir_module(). Loading checks everything that can be checked before any of its code runs; a module is never
// unloaded, since objects and constants of its may live anywhere. Any thread but a core's (it reads files).
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <weir/abi.h>

#include "topology/plan.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

class operator_module {
 public:
  /// Refuses what is missing, truncated, not a shared object of this machine, or of another ABI; error_code::usage. Errors call the file `shown`.
  static result<std::shared_ptr<const operator_module>> load(const std::string& path, const std::string& shown);
  /// What load() can tell without loading.
  static result<void> check_file(const std::string& path, const std::string& shown);

  const std::string& path() const noexcept { return path_; }
  std::span<const weir_operator_info* const> operators() const noexcept { return {info_->operators, info_->operator_count}; }
  const char* sdk_version() const noexcept { return info_->sdk_version; }
  /// By class name as exported, with or without namespaces; the only one where `class_name` is empty.
  result<const weir_operator_info*> find(const std::string& class_name) const;
  /// By the name in its metadata.
  result<const weir_operator_info*> find_by_name(const std::string& name) const;

 private:
  std::string path_;
  std::string shown_;
  const weir_module_info* info_ = nullptr;
};

/// What an operator declares, copied; its metadata() may throw, which is an error here.
result<topology::operator_metadata> read_metadata(const weir_operator_info& info);

/// The padding erasers of an operator's states, by index in its metadata; null where values have no padding.
std::vector<void (*)(void*)> state_normalizers(const weir_operator_info& info);

/// The modules of a plan, each loaded once.
class module_set {
 public:
  /// `standard_operators`: the path of the module that `uses:` names operators of.
  explicit module_set(std::string standard_operators) : standard_operators_(std::move(standard_operators)) {}
  result<const weir_operator_info*> find(const topology::operator_entry& entry);
  topology::metadata_lookup lookup();
  /// Errors of a module that has another name for people call it `shown`.
  result<std::shared_ptr<const operator_module>> load(const std::string& path, const std::string& shown);
  bool has(const std::string& path) const;
  std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }  ///< Any thread.

 private:
  std::string standard_operators_;
  std::vector<std::shared_ptr<const operator_module>> loaded_;
  std::atomic<std::size_t> count_ = 0;  ///< Of them.
};

/// The module of a standard operator: one that needs libraries of its own has a module of its own, libweir-NAME.so beside the others' (`standard_operators`).
std::string standard_module_path(const std::string& standard_operators, const std::string& name);

/// Where the standard operators' module is: $WEIR_OPERATORS, or beside or below the running program's installation.
std::string standard_operators_path();

}  // namespace weir::runtime
