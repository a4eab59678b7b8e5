// Actors as the runtime sees them: an object that receives messages one at a time on its core. The actor library stays behind actor_system.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "runtime/log/intrusive_ptr.hpp"

namespace weir::runtime {

class core;

/// What actors send each other. Moved into the receiver's mailbox; immutable for receivers that share it.
struct message : ref_counted<message> {
  explicit message(std::uint16_t kind_of) : kind(kind_of) {}
  virtual ~message() = default;
  const std::uint16_t kind;  ///< Tells the receiver which struct this is (runtime/stream/messages.hpp).
};
using message_ptr = intrusive_ptr<message>;

/// A strong reference to an actor; any thread. An actor lives while references to it do and until it was told to quit.
class actor_ref {
 public:
  actor_ref() = default;
  actor_ref(const actor_ref& o) noexcept;
  actor_ref(actor_ref&& o) noexcept : control_(o.control_) { o.control_ = nullptr; }
  actor_ref& operator=(actor_ref o) noexcept {
    void* mine = control_;
    control_ = o.control_;
    o.control_ = mine;
    return *this;
  }
  ~actor_ref();
  explicit operator bool() const noexcept { return control_ != nullptr; }
  /// Any thread; in order per sender and receiver. One allocation in the actor library's mailbox.
  void send(message_ptr m) const;

 private:
  friend class actor_system;
  friend class hosted_actor;
  void* control_ = nullptr;
};

/// The code and data of one actor. Constructed by whoever spawns it; from then on touched by its core alone, and destroyed there or after its core stopped.
class actor {
 public:
  virtual ~actor() = default;
  /// Called once, on the actor's core, before any message.
  virtual void start(const actor_ref& self, core& home) = 0;
  virtual void receive(const message& m) = 0;
  /// How many messages it takes before others on its core have their turn; asked once. One for an actor that goes on by sending to itself.
  virtual std::size_t messages_per_turn() const noexcept { return 32; }
};

/// Owns the actor library's system. With threads for a node, without any for a simulation: then cores run by hand and nothing else runs at all.
class actor_system {
 public:
  explicit actor_system(bool threads);
  ~actor_system();  ///< After every core's thread has stopped.
  actor_ref spawn(core& home, std::unique_ptr<actor> body);
  /// Drops the actor's body once it handled what is in its mailbox; messages sent later are discarded.
  static void quit(const actor_ref& which);

 private:
  struct implementation;
  std::unique_ptr<implementation> self_;
};

}  // namespace weir::runtime
