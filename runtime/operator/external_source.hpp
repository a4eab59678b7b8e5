// The operator that stands for an external stream: what is published to the stream, as records. Its intake (member_options::fed_by) brings them.
#pragma once

#include <weir/abi.h>

namespace weir::runtime {

/// Its class, topology::external_class by name. Any thread.
const weir_operator_info& external_operator() noexcept;

}  // namespace weir::runtime
