#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <weir/weir.hpp>

#include "operators_under_test.hpp"

namespace acme {
template <class A, class B>
struct join : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "join", .version = "1", .ostreams = {"out"}}; }

 private:
  weir::poll_result poll(weir::context&) override { return weir::poll_result::ended; }
};
struct inside : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "inside", .version = "3"}; }
};
WEIR_EXPORT_OPERATOR(inside)
}  // namespace acme

WEIR_EXPORT_OPERATOR(under_test::word_count)
WEIR_EXPORT_OPERATOR(acme::join<int, long>);

namespace {
const weir_operator_info& exported(std::string_view name) {
  const weir_module_info* module = weir_module();
  for (std::uint32_t i = 0; i < module->operator_count; ++i) {
    if (module->operators[i]->class_name == name) return *module->operators[i];
  }
  FAIL("not exported: " << name);
  return *module->operators[0];
}
}  // namespace

TEST_CASE("a module lists every exported class of all its source files, named as in the macro", "[sdk][export]") {
  const weir_module_info* module = weir_module();
  CHECK(module->size == sizeof(weir_module_info));
  CHECK(module->abi_version == WEIR_ABI_VERSION);
  CHECK(std::string(module->sdk_version) == WEIR_SDK_VERSION);
  std::multiset<std::string> names;
  for (std::uint32_t i = 0; i < module->operator_count; ++i) names.insert(module->operators[i]->class_name);
  CHECK(names == std::multiset<std::string>{"acme::join<int, long>", "inside", "other_file::forward", "under_test::word_count"});
}

TEST_CASE("a module answers with the same table each time", "[sdk][export]") {
  CHECK(weir_module() == weir_module());
  weir_outcome out{};
  const weir_operator_info& info = exported("inside");
  CHECK(info.metadata(&out) == info.metadata(&out));
}

TEST_CASE("poll is there for the classes that override it, also privately", "[sdk][export]") {
  CHECK(exported("acme::join<int, long>").poll != nullptr);
  CHECK(exported("inside").poll == nullptr);
  CHECK(exported("under_test::word_count").poll == nullptr);
}

TEST_CASE("metadata reaches the host as plain C structs", "[sdk][export]") {
  weir_outcome out{};
  const weir_metadata_info* m = exported("under_test::word_count").metadata(&out);
  REQUIRE(m != nullptr);
  CHECK(m->size == sizeof(weir_metadata_info));
  CHECK(std::string(m->name) == "word-count");
  CHECK(std::string(m->version) == "1");
  REQUIRE(m->istream_count == 1);
  CHECK(std::string(m->istreams[0].name) == "words");
  CHECK(m->istreams[0].grouping == WEIR_GROUPING_GROUP_BY);
  REQUIRE(m->ostream_count == 1);
  CHECK(std::string(m->ostreams[0]) == "counts");
  REQUIRE(m->state_count == 1);
  CHECK(std::string(m->states[0].name) == "count");
  CHECK(m->states[0].version == 1);
  CHECK(m->states[0].scope == WEIR_STATE_KEYED);
  CHECK(m->states[0].value == WEIR_VALUE_FIXED);
  CHECK(m->states[0].value_size == 8);
  CHECK(m->states[0].normalize == nullptr);
  CHECK(m->delivery == WEIR_DELIVERY_EAGER);
  CHECK(m->blocking == 0);
  CHECK(m->config_count == 0);
}
