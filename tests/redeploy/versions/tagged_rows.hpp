// Included before examples/flights/board.cpp, which is compiled as it stands: what it produces ends with a number that a test writes into the module, in the
// place of the one here, to have as many versions of it as it likes.
#pragma once

#include <weir/weir.hpp>

#include <string>

inline std::string row_tag() {
  static const volatile char tag[] = "version-00000000";  // Found in the module by its bytes.
  std::string number;
  for (const volatile char* c = tag + sizeof "version"; *c != '\0'; c = c + 1) number += *c;
  return number;
}

#define produce(key, text) produce(key, (text) + ',' + row_tag())
