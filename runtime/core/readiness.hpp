// Waits for file descriptors, so that sources need not ask again and again: one thread of a node, asleep in epoll. Not in a simulation, which has no
// descriptors. The thread starts with the first wait.
#pragma once

#include <cstdint>
#include <memory>

#include "runtime/core/actor.hpp"

namespace weir::runtime {

/// What a waiting actor gets, once.
struct readable_message final : message {
  static constexpr std::uint16_t kind_of = 2;
  explicit readable_message(std::uint64_t t) : message(kind_of), token(t) {}
  std::uint64_t token;  ///< As given to readiness::wait.
};

class readiness {
 public:
  virtual ~readiness() = default;
  /// Any thread. Sends readable_message{token} to `to` once the descriptor can be read, was hung up or broke. A later wait for the same descriptor replaces
  /// this one; a descriptor that is closed meanwhile is forgotten. False where it cannot be waited for (it is not open): nothing will be sent.
  virtual bool wait(int fd, const actor_ref& to, std::uint64_t token) = 0;
};

/// Destroying it ends the thread; what still waits is forgotten.
std::unique_ptr<readiness> make_readiness();

}  // namespace weir::runtime
