// The host's side of the C ABI: what an operator's hooks may call. Each function finds its operator partition through the context.
#pragma once

#include <weir/abi.h>

namespace weir::runtime {

const weir_host& host_table() noexcept;

}  // namespace weir::runtime
