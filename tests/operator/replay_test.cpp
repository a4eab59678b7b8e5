// Dead letters that are taken once more: each once, whatever happens in between, and what fails again is a new one.
#include <flatbuffers/flatbuffers.h>

#include <stdexcept>

#include "runtime/operator/dead_letter_generated.h"
#include "tests/operator/scripted.hpp"

using namespace weir::operator_test;
using namespace weir::runtime;

namespace {

using weir::operator_test::scripted;  // NOLINT(misc-unused-using-decls): only its static members are, which is not seen.

const char* const member = "t/scripted partition 0";

/// The dead letters of the last frame, as they are asked for again.
replay_request all_of(const lives& x) {
  const frame& f = *x.frames.back();
  replay_request all{.member = member, .letters = {}, .end = {f.lsn + 1, 0}};
  REQUIRE(f.outputs.size() == 2);
  for (std::uint32_t i = 0; i < f.outputs[1].count(); ++i) {
    const record_batch::view r = f.outputs[1].at(i);
    const wire::dead_letter& said = *wire::Getdead_letter(r.value.data());
    replayed_letter l{.at = {f.lsn, i}, .timer = {}, .istream = said.istream(), .log = said.log(), .lsn = said.lsn(), .index = said.index()};
    l.time = r.time;
    l.key = r.key;
    const auto bytes = [](const flatbuffers::Vector<std::uint8_t>* v) { return v == nullptr ? std::string() : std::string(v->begin(), v->end()); };
    l.value = bytes(said.value());
    if (said.log() == 0) l.timer = due_timer{said.timer_kind(), said.timer_time(), l.key, bytes(said.timer_subkey())};
    all.letters.push_back(l);
  }
  return all;
}

}  // namespace

TEST_CASE("replayed records come as what they were, and once, whoever asks again and whatever ends in between", "[operator][replay]") {
  lives x(on_error::dead_letter);
  bool throws = true;
  strings seen;
  scripted::does.record = [&](weir::context&, const weir::record& r) {
    if (throws && std::string_view(r.key) == "bad") throw std::runtime_error("boom");
    seen.push_back(std::string(r.key) + " at " + std::to_string(r.position.log) + ":" + std::to_string(r.position.lsn) + ":" +
                   std::to_string(r.position.index) + " of " + std::to_string(r.istream) + ", " + std::to_string(r.time.since_epoch().count()) + ", " +
                   std::string(r.value));
  };
  x.start();
  x.step(7, {{"a", 1}, {"bad", 2}, {"b", 3}, {"bad", 4}});
  const replay_request request = all_of(x);
  REQUIRE(request.letters.size() == 2);
  throws = false;
  seen.clear();
  const step_result r = x.keep(x.partition->replay(request, 0));
  CHECK(seen == strings{"bad at 1:7:1 of 0, 2, value of bad", "bad at 1:7:3 of 0, 4, value of bad"});
  CHECK(values(r) == strings{"bad 1/3", "bad 2/4"});
  CHECK(r.replayed == 2);
  CHECK(r.failed_again == 0);
  CHECK(r.replayed_upto == request.end);
  for (int times = 0; times < 2; ++times) {
    const step_result again = x.keep(x.partition->replay(request, 0));
    CHECK(again.replayed == 2);
    CHECK_FALSE(again.content);
    x.start();
  }
  CHECK(seen.size() == 2);
  CHECK(values(x.step(8, {{"bad", 5}})) == strings{"bad 3/1"});
}

TEST_CASE("what fails again is a new letter of the same record, and those beside it are taken", "[operator][replay]") {
  lives x(on_error::dead_letter);
  std::string bad = "12345678";
  scripted::does.record = [&](weir::context&, const weir::record& r) {
    if (bad.find(std::string_view(r.key)) != std::string::npos) throw std::runtime_error("boom");
  };
  x.start();
  x.step(1, {{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}, {"7"}, {"8"}});
  const replay_request first = all_of(x);
  REQUIRE(first.letters.size() == 8);
  bad = "47";
  const step_result r = x.keep(x.partition->replay(first, 0));
  CHECK(r.replayed == 8);
  CHECK(r.failed_again == 2);
  CHECK(values(r).size() == 6);
  const replay_request second = all_of(x);
  REQUIRE(second.letters.size() == 2);
  CHECK(second.letters[0].key == "4");
  CHECK(second.letters[0].index == first.letters[3].index);
  CHECK(second.letters[1].value == "value of 7");
  CHECK(second.letters[1].istream == 0);
  bad = "";
  CHECK(values(x.keep(x.partition->replay(second, 0))) == strings{"4 1/7", "7 1/8"});
}

TEST_CASE("many letters are taken in several frames, and a restart goes on behind the last one", "[operator][replay]") {
  lives x(on_error::dead_letter);
  bool throws = true;
  scripted::does.record = [&](weir::context&, const weir::record&) {
    if (throws) throw std::runtime_error("boom");
  };
  x.start();
  replay_request all{.member = member, .letters = {}, .end = {}};
  for (std::uint64_t lsn = 1; lsn <= 5; ++lsn) {
    x.step(lsn, {{"a"}, {"b"}, {"c"}, {"d"}});
    const replay_request more = all_of(x);
    all.letters.insert(all.letters.end(), more.letters.begin(), more.letters.end());
    all.end = more.end;
  }
  REQUIRE(all.letters.size() == 20);
  const step_result some = x.keep(x.partition->replay(all, 0));
  CHECK(some.replayed == 8);  // A frame ends behind so many that fail.
  CHECK(some.failed_again == 8);
  CHECK(some.replayed_upto == all.letters[8].at);
  x.start();
  throws = false;
  const step_result rest = x.keep(x.partition->replay(all, 0));
  CHECK(rest.replayed == 20);
  CHECK(values(rest).size() == 12);
  CHECK(values(rest).front() == "a 1/1");
}

TEST_CASE("a replayed timer fires once and is not set by that", "[operator][replay][timers]") {
  const weir::timer_kind kind = GENERATE(weir::timer_kind::event, weir::timer_kind::processing);
  lives x(on_error::dead_letter);
  bool throws = true;
  strings fired;
  const std::int64_t zero = x.clock.realtime_ns();
  scripted::does.record = [&](weir::context& ctx, const weir::record& r) {
    const std::chrono::nanoseconds at(zero + r.time.since_epoch().count());
    if (kind == weir::timer_kind::event)
      ctx.set_timer(r.key, weir::event_time(at), "sub");
    else
      ctx.set_timer(r.key, weir::processing_time(at), "sub");
  };
  scripted::does.timer = [&](weir::context&, const weir::timer& t) {
    if (throws) throw std::runtime_error("boom");
    fired.push_back(std::string(t.key) + "/" + std::string(t.subkey));
  };
  x.start();
  x.step(1, {{"ring", 10}});
  x.clock.advance(20);
  x.step(2, {}, zero + 20);
  const replay_request request = all_of(x);
  REQUIRE(request.letters.size() == 1);
  REQUIRE(request.letters[0].timer);
  const step_result again = x.keep(x.partition->replay(request, 0));
  CHECK(again.failed_again == 1);
  CHECK_FALSE(x.partition->timers_due());
  throws = false;
  const replay_request second = all_of(x);
  CHECK(x.keep(x.partition->replay(second, 0)).failed_again == 0);
  CHECK(fired == strings{"ring/sub"});
  x.keep(x.partition->replay(second, 0));
  CHECK(fired.size() == 1);
  CHECK_FALSE(x.partition->timers_due());
}

TEST_CASE("where on_error is fail a letter that fails again stops the partition and stays", "[operator][replay]") {
  const bool of_timer = GENERATE(true, false);
  lives x(on_error::fail);
  bool throws = true;
  const auto hook = [&](auto&&...) {
    if (throws) throw std::runtime_error("boom");
  };
  scripted::does.record = hook;
  scripted::does.timer = hook;
  x.start();
  replay_request request{.member = member, .letters = {{.at = {1, 0}, .timer = {}, .log = 1, .lsn = 1, .key = "k"}}, .end = {2, 0}};
  if (of_timer) request.letters[0].timer = due_timer{WEIR_TIMER_EVENT, 5, "k", ""};
  const step_result r = x.keep(x.partition->replay(request, 0));
  CHECK(r.failed.find("boom") != std::string::npos);
  CHECK(r.replayed == 0);
  x.start();
  CHECK_FALSE(x.partition->timers_due());
  throws = false;
  CHECK(values(x.keep(x.partition->replay(request, 0))) == strings{"k 1/1"});
}
