// The exceptions of the SDK. Any exception may leave a hook, also one that is no std::exception: it is caught at the module's border and becomes one line of
// text. From process_record and process_timer it is that record's or timer's error and meets the operator's `on_error`; from initialize, poll, flush and close
// it fails the partition.
#pragma once

#include <stdexcept>
#include <string>

namespace weir {

/// Something outside is not there now: the step is undone and tried again later; `on_error` does not apply. `throw weir::retry_later("database is down")`.
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
