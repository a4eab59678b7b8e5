#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <weir/weir.hpp>

using weir::detail::stored_metadata;

namespace {
struct padded {
  char kind;
  double sum;
};
struct tight {
  double sum;
  std::int64_t count;
};
enum class colour : std::uint8_t { red };

// What can be state, and what must not be: a pointer is an address of a process that is gone.
static_assert(weir::storable<std::uint64_t> && weir::storable<double> && weir::storable<padded> && weir::storable<colour> && weir::storable<weir::event_time>);
static_assert(weir::storable<std::array<int, 3>> && weir::storable<std::optional<int>>);
static_assert(!weir::storable<std::string_view> && !weir::storable<const char*> && !weir::storable<std::span<int>> && !weir::storable<std::string>);
static_assert(!weir::storable<std::pair<int, int>> && !weir::storable<std::tuple<int>> && !weir::storable<std::nullptr_t>);
static_assert(!weir::storable<int padded::*> && !weir::storable<std::tuple<>> && !weir::storable<long double>);

std::string refusal(weir::metadata m) {
  try {
    stored_metadata stored(std::move(m));
    return "accepted";
  } catch (const weir::usage_error& e) {
    return e.what();
  }
}
}  // namespace

TEST_CASE("istreams and ostreams can be written in every short form", "[sdk][metadata]") {
  const weir::metadata several{.name = "x", .version = "1", .istreams = {"a", {"b", weir::grouping::group_by}}, .ostreams = {{"c", "d"}}};
  REQUIRE(several.istreams.size() == 2);
  CHECK(several.istreams[0].grouping == weir::grouping::shuffle);
  CHECK(several.istreams[1].grouping == weir::grouping::group_by);
  REQUIRE(several.ostreams.size() == 2);
  CHECK(several.ostreams[1].name == "d");
  const weir::metadata doubled{.name = "x", .version = "1", .istreams = {{"words"}}};
  CHECK(doubled.istreams.size() == 1);
  const weir::metadata single{.name = "x", .version = "1", .istreams = {"words"}};
  CHECK(single.istreams.size() == 1);
  const weir::metadata two{.name = "x", .version = "1", .istreams = {{"words"}, {"b"}}, .ostreams = {{"c"}}};
  CHECK(two.istreams.size() == 2);
  CHECK(two.ostreams.size() == 1);
  const weir::metadata pair{.name = "x", .version = "1", .istreams = {{"words", "b"}}};
  CHECK(pair.istreams.size() == 2);
  const std::string computed = "made-" + std::to_string(1);
  const weir::metadata strings{.name = computed, .version = "1", .istreams = {{computed, weir::grouping::local}}, .ostreams = {computed}};
  CHECK(strings.istreams[0].name == "made-1");
}

TEST_CASE("states say scope, size, version and how their padding is zeroed", "[sdk][metadata]") {
  const stored_metadata stored(
      {.name = "x",
       .version = "1",
       .states = {weir::keyed<std::uint64_t>("a"), weir::keyed<padded>("b", 2), weir::per_partition<weir::bytes>("c"), weir::keyed<tight>("d")}});
  const weir_metadata_info& m = stored.info();
  REQUIRE(m.state_count == 4);
  CHECK(m.states[0].value_size == 8);
  CHECK(m.states[0].normalize == nullptr);
  CHECK(m.states[1].version == 2);
  CHECK(m.states[1].value_size == sizeof(padded));
  CHECK(m.states[2].scope == WEIR_STATE_PARTITION);
  CHECK(m.states[2].value == WEIR_VALUE_BYTES);
#ifdef WEIR_HAS_CLEAR_PADDING
  REQUIRE(m.states[1].normalize != nullptr);
  alignas(8) unsigned char bytes[sizeof(padded)];
  std::memset(bytes, 0xff, sizeof bytes);
  m.states[1].normalize(bytes);
  CHECK(bytes[0] == 0xff);
  for (std::size_t i = 1; i < 8; ++i) CHECK(bytes[i] == 0);
  CHECK(bytes[8] == 0xff);
#endif
}

TEST_CASE("frames are delivered durable to what has no ostreams, unless it says otherwise", "[sdk][metadata]") {
  CHECK(stored_metadata({.name = "sink", .version = "1", .istreams = {"a"}}).info().delivery == WEIR_DELIVERY_DURABLE);
  CHECK(stored_metadata({.name = "op", .version = "1", .istreams = {"a"}, .ostreams = {"b"}}).info().delivery == WEIR_DELIVERY_EAGER);
  CHECK(stored_metadata({.name = "sink", .version = "1", .istreams = {"a"}, .delivery = weir::delivery::eager}).info().delivery == WEIR_DELIVERY_EAGER);
  CHECK(stored_metadata({.name = "op", .version = "1", .ostreams = {"b"}, .delivery = weir::delivery::durable}).info().delivery == WEIR_DELIVERY_DURABLE);
}

TEST_CASE("config keys carry type, default and help", "[sdk][metadata]") {
  const stored_metadata stored(
      {.name = "x",
       .version = "1",
       .blocking = true,
       .config = {{"gap", weir::config_type::duration, "30min", "silence"}, {"path", weir::config_type::path, weir::required, "where"}, {"title"}}});
  const weir_metadata_info& m = stored.info();
  CHECK(m.blocking == 1);
  REQUIRE(m.config_count == 3);
  CHECK(std::string(m.config[0].name) == "gap");
  CHECK(m.config[0].type == WEIR_TYPE_DURATION);
  CHECK(std::string(m.config[0].otherwise) == "30min");
  CHECK(std::string(m.config[0].help) == "silence");
  CHECK(m.config[1].otherwise == nullptr);
  CHECK(m.config[2].type == WEIR_TYPE_TEXT);
}

TEST_CASE("metadata that contradicts itself is refused in one line", "[sdk][metadata]") {
  CHECK(refusal({.name = "", .version = "1"}) == "metadata: the name is empty");
  CHECK(refusal({.name = "x", .version = ""}) == "metadata: the version is empty");
  CHECK(refusal({.name = "x", .version = "1", .istreams = {"a", "b", "a"}}) == "metadata: istream 'a' is declared twice");
  CHECK(refusal({.name = "x", .version = "1", .ostreams = {"a", ""}}) == "metadata: ostream number 2 has no name");
  CHECK(refusal({.name = "x", .version = "1", .ostreams = {"dead-letters"}}) ==
        "metadata: the ostream name 'dead-letters' is taken by the runtime; choose another");
  CHECK(refusal({.name = "x", .version = "1", .states = {weir::keyed<int>("s"), weir::per_partition<int>("s")}}) == "metadata: state 's' is declared twice");
  CHECK(refusal({.name = "x", .version = "1", .config = {{"gap", weir::config_type::duration, "30", ""}}}) ==
        "metadata: the default '30' of config key 'gap' is not a whole number with ns, us, ms, s, min, h or d, such as 90s");
  CHECK(refusal({.name = "x", .version = "1", .config = {{"n", weir::config_type::number, "1.5", ""}}}) == "accepted");
}

namespace {
struct source_with_inputs : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "x", .version = "1", .istreams = {"a"}}; }
  void process_record(weir::context&, const weir::record&) override {}
  weir::poll_result poll(weir::context&) override { return weir::poll_result::idle; }
};
struct deaf : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "x", .version = "1", .istreams = {"a"}}; }
};
struct throwing : weir::stream_operator {
  weir::metadata metadata() const override { throw 42; }
};
}  // namespace

TEST_CASE("a class whose hooks do not fit its metadata is refused when it is loaded", "[sdk][metadata]") {
  char text[200];
  weir_outcome out{};
  out.text = text;
  out.text_capacity = sizeof text;
  const auto why = [&](const weir_operator_info& info) {
    CHECK(info.metadata(&out) == nullptr);
    CHECK(out.status == WEIR_ERROR);
    const std::string said(text, out.text_size);
    CHECK(info.create(&out) == nullptr);
    CHECK(std::string(text, out.text_size) == said);
    return said;
  };
  CHECK(why(weir::detail::operator_info<source_with_inputs>("x")) ==
        "metadata: the operator declares istreams and overrides poll(), which is for sources; it can be one or the other");
  CHECK(why(weir::detail::operator_info<deaf>("x")) == "metadata: the operator declares istreams but has no process_record()");
  CHECK(why(weir::detail::operator_info<throwing>("x")) == "an exception of type int");
  CHECK(weir::detail::operator_info<throwing>("x").metadata(nullptr) == nullptr);
}
