// From exceptions to weir_outcome: the border that no exception crosses.
#pragma once

#include <weir/abi.h>
#include <weir/error.hpp>

#include <cxxabi.h>

#include <cstdint>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <typeinfo>

namespace weir::detail {

/// Writes the text as one line, cut to the host's buffer between two UTF-8 characters.
inline void report(weir_outcome* out, std::uint32_t status, std::string_view text) noexcept {
  if (!out) return;
  out->status = status;
  out->text_size = 0;
  if (!out->text) return;
  std::size_t size = text.size();
  if (size > out->text_capacity) {
    size = out->text_capacity;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  }
  for (std::size_t i = 0; i < size; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    out->text[i] = c < 0x20 || c == 0x7f ? ' ' : text[i];
  }
  out->text_size = static_cast<std::uint32_t>(size);
}

/// "an exception of type X", for what carries no text of its own.
inline void report_type(weir_outcome* out) noexcept {
  const std::type_info* type = abi::__cxa_current_exception_type();
  char* readable = nullptr;
  if (type) {
    int status = 0;
    readable = abi::__cxa_demangle(type->name(), nullptr, nullptr, &status);
  }
  char text[256] = "an exception of type ";
  std::size_t size = std::string_view(text).size();
  const std::string_view name = readable ? readable : type ? type->name() : "unknown";
  for (std::size_t i = 0; i < name.size() && size < sizeof text; ++i) text[size++] = name[i];
  std::free(readable);
  report(out, WEIR_ERROR, {text, size});
}

/// To be called in `catch (...)`. Texts are worth reading whatever type carries them; of the rest the type is named.
inline void report_exception(weir_outcome* out) noexcept {
  try {
    throw;
  } catch (const retry_later& e) {
    report(out, WEIR_RETRY_LATER, e.what());
  } catch (const std::exception& e) {
    const char* text = e.what();
    if (text && *text) return report(out, WEIR_ERROR, text);
    report_type(out);
  } catch (const std::string& text) {
    report(out, WEIR_ERROR, text);
  } catch (const char* text) {
    report(out, WEIR_ERROR, text ? text : "a null text was thrown");
  } catch (...) {
    report_type(out);
  }
}

/// Runs a hook. Nothing is reported in `out` but success or what was thrown.
template <class F>
void guarded(weir_outcome* out, F&& hook) noexcept {
  if (out) {
    out->status = WEIR_OK;
    out->text_size = 0;
  }
  try {
    hook();
  } catch (...) {
    report_exception(out);
  }
}

}  // namespace weir::detail
