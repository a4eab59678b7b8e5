#include <catch2/catch.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <weir/weir.hpp>

// A record kept for the next call, or a key with another key's hash, does not compile.
static_assert(!std::is_copy_constructible_v<weir::record> && !std::is_copy_assignable_v<weir::record> && !std::is_move_constructible_v<weir::record>);
static_assert(!std::is_copy_constructible_v<weir::timer> && !std::is_copy_assignable_v<weir::timer>);
static_assert(std::is_convertible_v<weir::record_key, std::string_view> && !std::is_base_of_v<std::string_view, weir::record_key>);
static_assert(!std::is_constructible_v<weir::record_key, std::string_view> && !std::is_assignable_v<weir::record_key&, std::string_view>);
static_assert(!std::is_copy_constructible_v<weir::stream_operator> && !std::is_copy_constructible_v<weir::context>);

// What is no text is no key: neither a null pointer nor a number.
static_assert(std::is_convertible_v<const char*, weir::key_argument> && std::is_convertible_v<std::string, weir::key_argument>);
static_assert(!std::is_constructible_v<weir::key_argument, std::nullptr_t> && !std::is_constructible_v<weir::key_argument, int>);

namespace {
weir::record_key key_of(std::string_view text, std::uint64_t hash) { return weir::detail::access::key(text.data(), text.size(), hash); }
struct point {
  std::int32_t x, y;
};
struct padded {
  char kind;
  double sum;
};
}  // namespace

TEST_CASE("a key behaves like the text it is and carries its hash into calls", "[sdk][record]") {
  const weir::record_key ann = key_of("ann", 17);
  CHECK(ann == "ann");
  CHECK("ann" == ann);
  CHECK(ann == std::string("ann"));
  CHECK(ann == std::string_view("ann"));
  CHECK(ann == key_of("ann", 18));
  CHECK(ann != "bob");
  CHECK(ann < key_of("bob", 1));
  CHECK(ann < "bob");
  CHECK(std::string(ann) == "ann");
  CHECK(std::string("<").append(ann).append(">") == "<ann>");
  CHECK(std::unordered_set<std::string_view>{"ann"}.contains(ann));
  CHECK(std::string(ann.begin(), ann.end()) == "ann");
  std::ostringstream out;
  out << ann << 1;
  CHECK(out.str() == "ann1");
  CHECK(weir::key_argument(ann).raw().hash == 17);
  CHECK(weir::key_argument(std::string("ann")).raw().hash == 0);
  CHECK(weir::key_argument(std::string_view()).raw().data != nullptr);
  CHECK(weir::key_argument(weir::record_key()).raw().data != nullptr);
}

TEST_CASE("a value is read as a type of exactly its size", "[sdk][record]") {
  const point p{3, -4};
  const auto bytes = weir::bytes_of(p);
  weir::record r;
  r.value = bytes;
  CHECK(r.as<point>().y == -4);
  CHECK_THROWS_WITH(r.as<std::int32_t>(), "the value has 8 bytes, but a int has 4");
}

TEST_CASE("the bytes of a value do not show what its padding held", "[sdk][record]") {
#ifdef WEIR_HAS_CLEAR_PADDING
  alignas(padded) char memory[sizeof(padded)];
  std::memset(memory, 0x55, sizeof memory);
  padded* p = new (memory) padded;
  p->kind = 'a';
  p->sum = 1.5;
  const auto bytes = weir::bytes_of(*p);
  CHECK(std::string_view(bytes).substr(0, 8) == std::string_view("a\0\0\0\0\0\0\0", 8));
#else
  SUCCEED("this compiler cannot clear padding");
#endif
}

TEST_CASE("numbers as sub-keys sort like numbers and come back", "[sdk][record]") {
  CHECK(weir::subkey(std::uint32_t{0x01020304}) == std::string("\1\2\3\4"));
  CHECK(weir::subkey(std::uint64_t{255}) < weir::subkey(std::uint64_t{256}));
  CHECK(weir::number_of<std::uint64_t>(weir::subkey(std::uint64_t{0xfedcba9876543210})) == 0xfedcba9876543210);
  CHECK(weir::number_of<std::uint8_t>(weir::subkey(std::uint8_t{200})) == 200);
}
