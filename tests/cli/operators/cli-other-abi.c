/* A module of an ABI that does not exist. */
#include <weir/abi.h>

__attribute__((visibility("default"))) const weir_module_info* weir_module(void);

const weir_module_info* weir_module(void) {
  static const weir_module_info info = {sizeof(weir_module_info), 999, "999.0.0", 0, 0};
  return &info;
}
