// The only file that sees the actor library (CAF 0.17): actors pinned to cores. CAF gives mailboxes and lifetimes; its schedulers are bypassed, because a
// pinned actor is only ever queued at its own core.
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <caf/send.hpp>

#include "runtime/core/core.hpp"

namespace weir::runtime {

/// What travels through CAF's mailboxes.
struct envelope {
  message_ptr content;
};
struct quit_request {};

}  // namespace weir::runtime

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::runtime::envelope)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::runtime::quit_request)

namespace weir::runtime {

/// A core as CAF sees it. CAF hands it actors that are not pinned; there are none of ours, so its own scheduler gets them.
class core_unit final : public caf::execution_unit {
 public:
  explicit core_unit(caf::actor_system* system) : caf::execution_unit(system) {}
  void exec_later(caf::resumable* r) override { system().scheduler().enqueue(r); }
};

class hosted_actor final : public caf::event_based_actor, private task {
 public:
  hosted_actor(caf::actor_config& cfg, core& home, core_unit& unit, std::unique_ptr<actor> body)
      : caf::event_based_actor(cfg), home_(home), unit_(unit), messages_per_turn_(body->messages_per_turn()), body_(std::move(body)) {}

  caf::behavior make_behavior() override {
    actor_ref self;
    self.control_ = ctrl();
    caf::intrusive_ptr_add_ref(ctrl());
    body_->start(self, home_);
    return {[this](const envelope& e) { body_->receive(*e.content); }, [this](const quit_request&) { quit(); }};
  }
  void on_exit() override { body_.reset(); }

  using caf::event_based_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr element, caf::execution_unit*) override {
    if (mailbox().push_back(std::move(element)) == caf::intrusive::inbox_result::unblocked_reader) become_ready();
  }
  /// Never registered: the system's end does not wait for actors that nobody told to quit.
  void launch(caf::execution_unit*, bool lazy, bool) override {
    if (lazy && mailbox().try_block()) return;
    become_ready();
  }

 private:
  void become_ready() {
    caf::intrusive_ptr_add_ref(ctrl());  // Held while queued at the core.
    home_.schedule(this);
  }
  void run(core& on) override {
    if (resume(&unit_, messages_per_turn_) == caf::resumable::resume_later)
      on.schedule(this);
    else
      caf::intrusive_ptr_release(ctrl());
  }

  core& home_;
  core_unit& unit_;
  const std::size_t messages_per_turn_;
  std::unique_ptr<actor> body_;
};

namespace {

caf::actor_control_block* control_block(void* control) noexcept { return static_cast<caf::actor_control_block*>(control); }

caf::actor_system_config make_config(bool threads) {
  caf::actor_system_config config;
  config.set("scheduler.policy", threads ? caf::atom("sharing") : caf::atom("testing"));
  config.set("scheduler.max-threads", 1u);
  return config;
}

template <class Content>
void enqueue(void* control, Content content) {
  control_block(control)->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, std::move(content)), nullptr);
}

}  // namespace

actor_ref::actor_ref(const actor_ref& o) noexcept : control_(o.control_) {
  if (control_ != nullptr) caf::intrusive_ptr_add_ref(control_block(control_));
}

actor_ref::~actor_ref() {
  if (control_ != nullptr) caf::intrusive_ptr_release(control_block(control_));
}

void actor_ref::send(message_ptr m) const { enqueue(control_, envelope{std::move(m)}); }

struct actor_system::implementation {
  explicit implementation(bool threads) : config(make_config(threads)), system(config), unit(&system) {}
  caf::actor_system_config config;
  caf::actor_system system;
  core_unit unit;
};

actor_system::actor_system(bool threads) : self_(std::make_unique<implementation>(threads)) {}
actor_system::~actor_system() = default;

actor_ref actor_system::spawn(core& home, std::unique_ptr<actor> body) {
  caf::actor_config config{&self_->unit};
  const caf::actor spawned = self_->system.spawn_class<hosted_actor, caf::no_spawn_options>(config, home, self_->unit, std::move(body));
  actor_ref ref;
  auto strong = caf::actor_cast<caf::strong_actor_ptr>(spawned);
  ref.control_ = strong.detach();
  return ref;
}

void actor_system::quit(const actor_ref& which) { enqueue(which.control_, quit_request{}); }

}  // namespace weir::runtime
