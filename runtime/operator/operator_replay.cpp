// How an operator actor has dead letters taken once more: a request at a time, each in as many steps as it takes, between those that take input.
#include <utility>

#include "runtime/operator/operator_actor.hpp"

namespace weir::runtime {

void operator_actor::ask_for_replay(const replay_message& m) {
  if (next_replay_ && next_replay_->what) next_replay_->done({.why = "another request came before it"});
  next_replay_ = intrusive_ptr<const replay_message>(&m);
}

void operator_actor::begin_replay() {
  end_replay("another request ended it");
  replay_ = std::exchange(next_replay_, nullptr);
  if (!replay_->what) replay_ = nullptr;
  if (activity_ == activity::unwired) end_replay("it is stopped");
  if (activity_ == activity::failed) end_replay("it has failed, and waits to be started again");
  if (replay_ && !options_.work->has_member(replay_->what->member)) end_replay("it is not part of this chain any more");
}

/// A step of it is over. After an outage, or an error on trial, the rest is taken by a later one.
void operator_actor::note_replayed(const step_result& r) {
  replayed_.taken += r.replayed;
  replayed_.failed_again += r.failed_again;
  if (r.replayed_upto.lsn != 0) replayed_.upto = r.replayed_upto;
  if (r.failed.empty() && r.retry.empty() && replayed_.taken == replay_->what->letters.size()) end_replay("");
}

/// `why`: what keeps the rest from being taken; "": nothing. Whoever asked is told once that is durable, as it will let the letters go.
void operator_actor::end_replay(const std::string& why) {
  if (replay_) {
    tell_replayed();
    replayed_.why = why;
    outcome_ = std::exchange(replayed_, {});
    ended_replay_ = std::exchange(replay_, nullptr);
  }
  if (replay_frames_ == 0) tell_replayed();
}

void operator_actor::tell_replayed() {
  if (const auto ended = std::exchange(ended_replay_, nullptr)) ended->done(outcome_);
}

}  // namespace weir::runtime
