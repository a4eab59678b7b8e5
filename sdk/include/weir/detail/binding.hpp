// What connects the handles of an operator's object (ostreams, states, config) with the context of the hook that runs. One per object, at an address that does
// not change; used by the thread that runs the hook.
#pragma once

#include <weir/abi.h>
#include <weir/detail/sentence.hpp>
#include <weir/detail/stored_metadata.hpp>
#include <weir/error.hpp>

#include <string>

namespace weir::detail {

struct hooks;  // The module side of the hooks; see <weir/detail/hooks.hpp>.

struct binding {
  weir_context* raw = nullptr;
  const stored_metadata* metadata = nullptr;
};

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_host_error(const weir_context* raw) {
  throw host_error(raw->error ? std::string(raw->error, raw->error_size) : "the runtime refused a call and gave no reason");
}

inline void check(const weir_context* raw, std::int32_t failed) {
  if (failed != 0) [[unlikely]]
    throw_host_error(raw);
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_unbound(const char* what, const char* how) {
  throw usage_error(sentence({"this ", what, " belongs to no operator yet: assign ", how, " to it in initialize()"}));
}

}  // namespace weir::detail
