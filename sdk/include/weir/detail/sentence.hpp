// Puts messages together. (Chains of operator+ on strings cost every source file that includes this ten times the compile time.)
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace weir::detail {

inline std::string sentence(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text.append(part.data(), part.size());
  return text;
}

}  // namespace weir::detail
