// What an operator declares about itself. Everything that a topology, `weir validate` and `weir describe` need to know without running it.
// Plain data, made by stream_operator::metadata(); any thread.
#pragma once

#include <weir/detail/text_like.hpp>
#include <weir/state_spec.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir {

/// How an istream's records are split over the operator's partitions.
enum class grouping : std::uint8_t {
  shuffle,    ///< Evenly, by position.
  group_by,   ///< By key: a key's records all come to one partition, which holds the key's state.
  local,      ///< From the producer's partition to that of the same number.
  broadcast,  ///< To every partition.
};

/// Which frames an operator is given.
enum class delivery : std::uint8_t {
  eager,      ///< At once, before they are on disk: for operators whose only effects are records and state.
  durable,    ///< Only when they are on disk: for effects outside the node, which cannot be taken back.
  automatic,  ///< durable where there are no ostreams, else eager.
};

/// What an istream is read for.
enum class role : std::uint8_t {
  events,  ///< Records as they come; its watermark counts.
};

/// An istream: `"words"` (shuffle) or `{"words", weir::grouping::group_by}`.
struct istream {
  /// By the conversion of a list's item.
  template <detail::text_like S>
  istream(const S& called, weir::grouping split = weir::grouping::shuffle, weir::role as = weir::role::events)  // NOLINT(google-explicit-constructor)
      : name(std::string_view(called)), grouping(split), role(as) {}

  std::string name;         ///< As manifests call it; record::istream counts in the order of the list.
  weir::grouping grouping;  ///< How its records are split.
  weir::role role;          ///< What it is read for.
};

/// The name of an ostream. A type of its own because `{{"a", "b"}}` would make one std::string of two pointers.
struct ostream_name {
  /// By the conversion of a list's item.
  template <detail::text_like S>
  ostream_name(const S& called) : name(std::string_view(called)) {}  // NOLINT(google-explicit-constructor)

  std::string name;  ///< As manifests and ctx.ostream() call it.
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"  // GCC takes the enumerator `bytes` for a second weir::bytes.
/// What a value under `with:` looks like; see weir::config for the forms.
enum class config_type : std::uint8_t { text, number, boolean, duration, bytes, list, path };
#pragma GCC diagnostic pop

/// For config_key::otherwise: the manifest must give a value.
inline constexpr std::nullopt_t required = std::nullopt;

/// A key that the operator reads from `with:`: `{"gap", weir::config_type::duration, "30min", "silence that ends a session"}`.
struct config_key {
  std::string name;                                 ///< As manifests write it.
  config_type type = config_type::text;             ///< The form of its value.
  std::optional<std::string> otherwise = required;  ///< The default, as one would write it in the manifest (a list: items between commas).
  std::string help = {};                            ///< One line.
};

/// What stream_operator::metadata() returns. Designated initialisers keep this order; only `name` and `version` must be given.
struct metadata {
  std::string name;                                     ///< Of the kind of operator, e.g. "word-count".
  std::string version;                                  ///< Of the code, for people.
  std::vector<istream> istreams = {};                   ///< None: a source.
  std::vector<ostream_name> ostreams = {};              ///< None: a sink.
  std::vector<state_spec> states = {};                  ///< Made by weir::keyed<T>(name) and weir::per_partition<T>(name).
  weir::delivery delivery = weir::delivery::automatic;  ///< Say `durable` where hooks have effects outside the node.
  /// Hooks may wait (files, networks): they run off the core and slow nobody else.
  bool blocking = false;
  std::vector<config_key> config = {};  ///< What may stand under `with:`; other keys are refused.
};

}  // namespace weir
