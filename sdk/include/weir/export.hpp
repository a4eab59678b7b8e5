// WEIR_EXPORT_OPERATOR(class): makes a class loadable. In a source file of the module, after the class, at global scope or inside a namespace; one line per
// class; several classes and several source files make one module. Class templates are exported by instance: WEIR_EXPORT_OPERATOR(acme::join<order, customer>).
#pragma once

#include <weir/abi.h>
#include <weir/detail/fixed_array.hpp>
#include <weir/detail/hooks.hpp>

#include <cstdint>

#define WEIR_SDK_VERSION "0.1.0"

namespace weir::detail {

/// One exported class: an item of the module's list, made when the module is loaded (or before main()), never removed.
class exported_operator {
 public:
  explicit exported_operator(const weir_operator_info& info) noexcept : info_(info) {
    exported_operator** end = &first_;
    while (*end) end = &(*end)->next_;
    *end = this;
    ++count_;
  }
  exported_operator(const exported_operator&) = delete;
  exported_operator& operator=(const exported_operator&) = delete;

  /// What weir_module_info lists: in the order of the lines of each file, and of the files as they were linked.
  class list : public fixed_array<const weir_operator_info*> {
   public:
    list() : fixed_array(exported_operator::count_) {
      std::size_t i = 0;
      for (const exported_operator* one = first_; one; one = one->next_) (*this)[i++] = &one->info_;
    }
  };

 private:
  weir_operator_info info_;
  exported_operator* next_ = nullptr;
  // Hidden: each module has a list of its own, also where it is compiled without -fvisibility=hidden.
  [[gnu::visibility("hidden")]] static inline exported_operator* first_ = nullptr;
  [[gnu::visibility("hidden")]] static inline std::uint32_t count_ = 0;
};

/// The module as the host sees it.
[[gnu::visibility("hidden")]] inline const weir_module_info* module_info() noexcept {
  static const exported_operator::list operators;
  static const weir_module_info info{sizeof(weir_module_info), WEIR_ABI_VERSION, WEIR_SDK_VERSION, operators.data(),
                                     static_cast<std::uint32_t>(operators.size())};
  return &info;
}

}  // namespace weir::detail

/// What the host looks for (WEIR_MODULE_SYMBOL). Inline: every file with an export has it, the module has it once.
extern "C" [[gnu::visibility("default")]] inline const weir_module_info* weir_module() noexcept { return ::weir::detail::module_info(); }

#define WEIR_DETAIL_JOIN2(a, b) a##b
#define WEIR_DETAIL_JOIN(a, b) WEIR_DETAIL_JOIN2(a, b)
#define WEIR_DETAIL_EXPORT(number, ...)                                                                                                               \
  [[maybe_unused]] static const ::weir::detail::exported_operator WEIR_DETAIL_JOIN(weir_exported_operator_,                                           \
                                                                                   number){::weir::detail::operator_info<__VA_ARGS__>(#__VA_ARGS__)}; \
  [[gnu::used, maybe_unused]] static const weir_module_function WEIR_DETAIL_JOIN(weir_exported_module_, number) = &::weir_module;                     \
  static_assert(true)

/// A semicolon after it is optional.
#define WEIR_EXPORT_OPERATOR(...) WEIR_DETAIL_EXPORT(__COUNTER__, __VA_ARGS__);
