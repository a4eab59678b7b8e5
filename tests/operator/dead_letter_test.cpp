// What `on_error` makes of timers that throw, over restarts too, and what dead letters say (rule 7).
#include <flatbuffers/flatbuffers.h>

#include <stdexcept>

#include "runtime/operator/dead_letter_generated.h"
#include "tests/operator/scripted.hpp"

using namespace weir::operator_test;
using namespace weir::runtime;

namespace {

using weir::operator_test::scripted;  // NOLINT(misc-unused-using-decls): only its static members are, which is not seen.

const char* const boom = "boom";
const std::string subkey("sub\0key", 7);
[[noreturn]] void fail() { throw std::runtime_error(boom); }

/// At a time of the kind's own clock.
void set(weir::context& ctx, weir::timer_kind kind, const weir::key_argument& key, std::int64_t at, std::string_view subkey = {}) {
  if (kind == weir::timer_kind::event)
    ctx.set_timer(key, weir::event_time(std::chrono::nanoseconds(at)), subkey);
  else
    ctx.set_timer(key, weir::processing_time(std::chrono::nanoseconds(at)), subkey);
}

const wire::dead_letter& letter_of(const step_result& r) {
  REQUIRE(r.content);
  REQUIRE(r.content->outputs.size() == 2);
  REQUIRE(r.content->outputs[1].count() == 1);
  CHECK((r.content->flags & letters_frame) != 0);
  const auto value = r.content->outputs[1].at(0).value;
  flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
  REQUIRE(wire::Verifydead_letterBuffer(verifier));
  return *wire::Getdead_letter(value.data());
}

std::string text(const flatbuffers::Vector<std::uint8_t>* bytes) { return bytes == nullptr ? "" : std::string(bytes->begin(), bytes->end()); }

}  // namespace

TEST_CASE("a timer that throws meets on_error, which a restart does not change", "[operator][errors][timers]") {
  const on_error policy = GENERATE(on_error::fail, on_error::skip, on_error::dead_letter);
  const weir::timer_kind kind = GENERATE(weir::timer_kind::event, weir::timer_kind::processing);
  lives x(policy);
  const std::int64_t zero = x.clock.realtime_ns();
  bool throws = true;
  scripted::does.record = [&](weir::context& ctx, const weir::record& r) { set(ctx, kind, r.key, zero + r.time.since_epoch().count()); };
  scripted::does.timer = [&](weir::context&, const weir::timer& t) {
    if (throws && std::string_view(t.key) == "bad") fail();
  };
  x.start();
  const step_result first = x.step(1, {{"early", 9}, {"bad", 10}, {"late", 11}});
  REQUIRE(first.content);
  REQUIRE(first.content->timers.count() == 3);

  x.clock.advance(20);
  step_result r = x.step(2, {}, zero + 20);
  REQUIRE(r.content);
  CHECK(x.skipped() == (policy == on_error::skip ? 1 : 0));
  CHECK(x.letters() == (policy == on_error::dead_letter ? 1 : 0));
  if (policy == on_error::fail) {
    CHECK(r.failed == "process_timer failed at the timer of key 'bad': boom");
    CHECK(values(r) == strings{"early 2/1"});
    CHECK(r.content->watermark == (kind == weir::timer_kind::event ? zero + 9 : INT64_MIN));
  } else {
    CHECK(r.failed.empty());
    CHECK(values(r) == strings{"early 2/1", "late 2/2"});
    CHECK(values(r, 1).size() == (policy == on_error::skip ? 0 : 1));
    CHECK(r.content->watermark == zero + 20);
    CHECK_FALSE(x.partition->timers_due());
  }
  throws = false;
  for (int start = 0; start < 2; ++start) {
    x.start();
    CHECK(x.partition->timers_due() == (policy == on_error::fail && start == 0));
    r = x.step(2, {}, zero + 20);  // A processing timer is due before what it brings, which comes again.
    CHECK(r.failed.empty());
    CHECK(values(r) == (policy == on_error::fail && start == 0 ? strings{"bad 2/1", "late 2/2"} : strings{}));
  }
  CHECK(x.frames.back()->watermark == zero + 20);
}

TEST_CASE("fail meets the same timer at each start until it can be taken", "[operator][errors][timers]") {
  lives x(on_error::fail);
  scripted::does.record = [](weir::context& ctx, const weir::record& r) { ctx.set_timer(r.key, r.time); };  // Due at once.
  scripted::does.timer = [](weir::context&, const weir::timer&) { fail(); };
  x.start();
  CHECK(x.step(1, {{"k", 5}}, 7).failed == "process_timer failed at the timer of key 'k': boom");
  REQUIRE(x.frames.size() == 1);  // The record is done with, its timer is not.
  CHECK(x.frames[0]->positions.size() == 1);
  for (int start = 0; start < 3; ++start) {
    x.start();
    CHECK(x.step().failed == "process_timer failed at the timer of key 'k': boom");
  }
  scripted::does.timer = nullptr;
  x.start();
  CHECK(values(x.step()) == strings{"k 2/1"});
}

TEST_CASE("a timer's dead letter says which timer it was, and why", "[operator][errors][timers]") {
  const weir::timer_kind kind = GENERATE(weir::timer_kind::event, weir::timer_kind::processing);
  lives x(on_error::dead_letter);
  const std::int64_t at = x.clock.realtime_ns() + 10;
  scripted::does.record = [&](weir::context& ctx, const weir::record& r) { set(ctx, kind, r.key, at, subkey); };
  scripted::does.timer = [](weir::context&, const weir::timer&) { fail(); };
  x.start();
  x.step(1, {{"key", 1}});
  x.clock.advance(30);
  const step_result r = x.step(2, {}, at + 5);
  const wire::dead_letter& letter = letter_of(r);
  CHECK(r.content->outputs[1].at(0).key == "key");
  CHECK(r.content->outputs[1].at(0).time == at);
  CHECK(letter.version() == 1);
  CHECK(letter.hook()->str() == "process_timer");
  CHECK(letter.error()->str() == boom);
  CHECK(letter.generation() == 3);
  CHECK(letter.timer_kind() == static_cast<std::uint8_t>(kind));
  CHECK(letter.timer_time() == at);
  CHECK(text(letter.timer_subkey()) == subkey);
  CHECK(letter.log() == 0);
  CHECK(letter.lsn() == 0);
  CHECK(letter.index() == 0);
  CHECK(text(letter.value()).empty());
}

TEST_CASE("a record's dead letter says which record it was, and why", "[operator][errors]") {
  lives x(on_error::dead_letter);
  scripted::does.record = [](weir::context&, const weir::record& r) {
    if (std::string_view(r.key) == "bad") fail();
  };
  x.start();
  const step_result r = x.step(7, {{"good", 4}, {"bad", 5}});
  const wire::dead_letter& letter = letter_of(r);
  CHECK(values(r) == strings{"good 1/1"});
  CHECK(r.content->outputs[1].at(0).key == "bad");
  CHECK(r.content->outputs[1].at(0).time == 5);
  CHECK(letter.version() == 1);
  CHECK(letter.hook()->str() == "process_record");
  CHECK(letter.error()->str() == boom);
  CHECK(letter.generation() == 3);
  CHECK(letter.log() == 1);
  CHECK(letter.lsn() == 7);
  CHECK(letter.index() == 1);
  CHECK(text(letter.value()) == "value of bad");
  CHECK(letter.timer_time() == 0);
  CHECK(text(letter.timer_subkey()).empty());
}

TEST_CASE("a timer that throws meets on_error also where initialize of the fresh object moves it", "[operator][errors][timers]") {
  const on_error policy = GENERATE(on_error::fail, on_error::skip, on_error::dead_letter);
  lives x(policy, "scripted_source");
  scripted::does.initialize = [](weir::context& ctx) { ctx.set_timer("tick", ctx.now() + std::chrono::seconds(1)); };
  scripted::does.timer = [](weir::context&, const weir::timer&) { fail(); };
  x.start();
  const std::int64_t due = x.partition->next_processing_timer();
  x.clock.advance(1'000'000'000);
  const step_result r = x.step();
  CHECK(r.failed == (policy == on_error::fail ? "process_timer failed at the timer of key 'tick': boom" : ""));
  CHECK(x.skipped() == (policy == on_error::skip ? 1 : 0));
  CHECK(x.letters() == (policy == on_error::dead_letter ? 1 : 0));
  if (policy == on_error::dead_letter) CHECK(letter_of(r).timer_time() == due);
  CHECK(x.partition->next_processing_timer() == (policy == on_error::fail ? due : due + 1'000'000'000));
}

TEST_CASE("a timer that throws takes none with it that fired before under the same name", "[operator][errors][timers]") {
  lives x(on_error::skip);
  scripted::does.record = [](weir::context& ctx, const weir::record& r) { ctx.set_timer(r.key, r.time); };
  int fired = 0;
  scripted::does.initialize = [&](weir::context&) { fired = 0; };
  scripted::does.timer = [&](weir::context&, const weir::timer&) {
    if (++fired == 2) fail();
  };
  x.start();
  const std::vector<delivery_ptr> d{lives::deliver(1, {{"k", 1}}, 5), lives::deliver(2, {{"k", 1}}, 6)};
  const step_result r = x.keep(x.partition->step(d, false));
  CHECK(r.failed.empty());
  CHECK(r.consumed == 2);
  CHECK(values(r) == strings{"k 1/1", "k 2/2", "k 3/3"});
  CHECK(x.skipped() == 1);
}
