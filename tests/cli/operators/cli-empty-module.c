/* A module that exports no operator. */
#include <weir/abi.h>

__attribute__((visibility("default"))) const weir_module_info* weir_module(void);

const weir_module_info* weir_module(void) {
  static const weir_module_info info = {sizeof(weir_module_info), WEIR_ABI_VERSION, "0.1.0", 0, 0};
  return &info;
}
