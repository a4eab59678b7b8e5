// What a request says of the records that it wants: `from`, `newest`, `partition`, `key`, `limit`. Pure; any thread.
#pragma once

#include "runtime/control/http_message.hpp"
#include "runtime/node/streams.hpp"

namespace weir::runtime {

result<read_request> read_query(const http_request& asked);

}  // namespace weir::runtime
