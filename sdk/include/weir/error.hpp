// The exceptions of the SDK. Any exception may leave a hook, also one that is no std::exception: it is caught at the module's border and becomes one line of
// text. From process_record and process_timer it is that record's or timer's error and meets the operator's `on_error`; from initialize, poll, flush and close
// it fails the partition.
#pragma once

#include <stdexcept>
#include <string>

namespace weir {

/// Something outside is not there now: `throw weir::retry_later("database is down")` from process_record, process_timer, process_durable, poll, flush or
/// initialize. The step is undone, nothing of it stays, and it is tried again with a fresh object on the same input, after 10 ms at first and twice as long
/// each time, up to 10 s; its input waits meanwhile. It is nobody's error: `on_error` does not apply. The node says `waiting:` and the text when it begins, and
/// when it is over. What process_record did to the outside earlier in the same step comes again: writes must be idempotent, or made in flush.
class retry_later : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The runtime refused a call: a frame grew too large, a key is not the current record's, … what() says why. The state of the step is undone as for any error.
class host_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The operator used a name or type that its metadata does not declare, or a handle that it never asked the context for: a bug of the operator.
class usage_error : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// A value under `with:` of the manifest is missing or has not the form it should have. what() begins with `with.KEY`.
class config_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace weir
