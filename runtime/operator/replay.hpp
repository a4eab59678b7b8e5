// Dead letters that an operator is given once more, by command. They are taken in the order in which they stand in the partition's log; how far is state of the
// partition, committed in the same frame as what came of them: a letter is taken once, whoever asks for it again, and whatever ends in between.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/operator/state_store.hpp"
#include "runtime/operator/timer_store.hpp"
#include "runtime/stream/messages.hpp"

namespace weir::runtime {

/// In a partition's log: everything of an operator's dead letters before it is done with.
struct replay_place {
  std::uint64_t lsn = 0;
  std::uint32_t index = 0;
  auto operator<=>(const replay_place&) const = default;
};

struct replayed_letter {
  replay_place at;                 ///< Where the letter stands.
  std::optional<due_timer> timer;  ///< Else a record:
  std::uint32_t istream = 0;
  std::uint64_t log = 0;  ///< Where that stood.
  std::uint64_t lsn = 0;
  std::uint32_t index = 0;
  std::int64_t time = 0;
  std::string key;
  std::string value;
};

/// Of one operator (its name in the chain).
struct replay_request {
  std::string member;
  std::vector<replayed_letter> letters;
  replay_place end;  ///< Behind all of them, and what is done with anyway.
};

struct replay_outcome {
  replay_place upto;
  std::uint64_t taken = 0;         ///< Letters, those that failed again among them.
  std::uint64_t failed_again = 0;  ///< What met on_error.
  std::string why;                 ///< Not empty: not all of them were taken, for this reason.
};

/// For an operator actor. `done` is called once, on any core, when all that came of it is durable. A second request ends the first.
struct replay_message final : message_of<50> {
  std::shared_ptr<const replay_request> what;  ///< Null: only ends the one under way.
  std::function<void(const replay_outcome&)> done;
};

/// Under this state id, which no declared state has, a partition keeps how far each operator's letters were replayed, by its name in the chain.
inline constexpr std::uint16_t replay_state = 0;
replay_place replayed_upto(const state_store& states, const std::string& member);
void set_replayed(state_store& states, const std::string& member, const replay_place& upto);

}  // namespace weir::runtime
