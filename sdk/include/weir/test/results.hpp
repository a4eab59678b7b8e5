// What a test gives to and gets from weir::test_driver. Plain data.
#pragma once

#include <weir/test/object.hpp>
#include <weir/time.hpp>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace weir {

/// What happens to a record or timer whose hook throws; as in the manifest.
enum class on_error : std::uint8_t { fail, skip, dead_letter };

/// A hook threw, and the operator's partition would have stopped. The step was undone, and a fresh object is there: the test can go on.
class operator_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A record that the operator produced.
struct owned_record {
  std::string key;         ///< As it was produced.
  std::string value;       ///< As it was produced.
  event_time time;         ///< As it was produced.
  std::string error = {};  ///< Of a dead letter: the exception's text. (In a node it is part of the value.)

  /// Everything equal.
  friend bool operator==(const owned_record&, const owned_record&) = default;
};

namespace testing {

/// What becomes one frame. It waits during an outage.
struct job {
  std::vector<input_record> inputs = {};       ///< In order.
  std::vector<std::uint64_t> tokens = {};      ///< Of frames that are durable.
  std::optional<std::int64_t> watermark = {};  ///< Of the input, from now on.
  bool poll = false;                           ///< Calls poll() first.
};

/// Why the operator waits.
struct outage {
  std::string text;           ///< Of the retry_later.
  std::int64_t retry_at = 0;  ///< By the driver's clock.
};

/// The back-off after retry_later: nanoseconds.
inline constexpr std::int64_t first_retry = 10'000'000, longest_retry = 10'000'000'000;

}  // namespace testing
}  // namespace weir
