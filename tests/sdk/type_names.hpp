// How the compiler at hand prints a type, for messages that name one.
#pragma once

#include <string>
#include <weir/state_type.hpp>

template <class T>
std::string named() {
  return std::string(weir::detail::type_name<T>());
}
