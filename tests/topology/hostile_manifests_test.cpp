// Manifests that were cut, bent and mixed at random, from printed seeds: whatever comes, an answer in one line or a plan, and never a crash.
#include <catch2/catch.hpp>
#include <random>

#include "manifests.hpp"

namespace weir::topology::test {
namespace {

/// Reads, plans and draws as far as it goes; the error's message, or "" where there is none.
std::string try_everything(const std::string& text) {
  auto m = parse(text, {{"X", "1"}});
  if (!m) return m.why().message;
  std::vector<int> cores{0, 1};
  auto p = make_plan(std::span(&*m, 1), lookup_of(known_classes()), cores);
  if (!p) return p.why().message;
  CHECK_FALSE((draw_text(*p).empty() || draw_dot(*p).empty() || draw_mermaid(*p).empty() || draw_json(*p).empty()));
  return "";
}

void check_answer(const std::string& text) {
  std::string message = try_everything(text);
  bool one_line = message.find('\n') == std::string::npos;
  bool placed = message.empty() || message.starts_with("m.yaml:");
  if (!one_line || !placed || message.size() > 1000) {
    CAPTURE(text, message);
    CHECK(one_line);
    CHECK(placed);
    CHECK(message.size() <= 1000);
  }
}

const std::vector<std::string> snippets{"{",           "}",
                                        "[",           "]",
                                        ":",           ": ",
                                        "- ",          "? ",
                                        "&a ",         "*a",
                                        "!!x ",        "|\n",
                                        ">9\n",        "\"",
                                        "'",           "#",
                                        "%",           "@",
                                        "`",           "---\n",
                                        "...\n",       "\t",
                                        "\n",          "\r\n",
                                        "  ",          "${X}",
                                        "${",          "$${",
                                        "${X:-",       "}",
                                        "null",        "~",
                                        "\xff",        "\xef\xbb\xbf",
                                        "\x01",        "<<: ",
                                        "0",           "-1",
                                        "4096",        "99999999999999999999",
                                        "name: ",      "uses: source",
                                        "with: ",      "istreams: ",
                                        "streams: ",   "manifest: 1\n",
                                        ", ",          "\\",
                                        "\"\\u0000\"", "\"\\xff\"",
                                        "24h",         "lz4"};

std::string mutated(std::string text, std::mt19937& random) {
  auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    std::size_t at = below(text.size() + 1);
    switch (below(6)) {
      case 0: text.resize(at); break;
      case 1: text.insert(at, snippets[below(snippets.size())]); break;
      case 2: text.erase(at, 1 + below(20)); break;
      case 3: text.insert(at, text.substr(below(text.size() + 1), below(200))); break;
      case 4: text.insert(at, 1, static_cast<char>(below(256))); break;
      default:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
    }
  }
  return text;
}

}  // namespace

TEST_CASE("a manifest cut at any byte gets an answer", "[topology][hostile]") {
  for (const auto* text : {&word_count, &flights}) {
    for (std::size_t size = 0; size <= text->size(); ++size) check_answer(text->substr(0, size));
  }
}

TEST_CASE("manifests bent at random get an answer", "[topology][hostile]") {
  for (std::uint32_t seed = 1; seed <= 4000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    check_answer(mutated(seed % 2 ? word_count : flights, random));
  }
}

TEST_CASE("random mixtures of YAML's characters get an answer", "[topology][hostile]") {
  for (std::uint32_t seed = 1; seed <= 3000; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string text;
    for (std::size_t pieces = 1 + random() % 60; pieces > 0; --pieces) text += snippets[random() % snippets.size()];
    check_answer(text);
  }
}

TEST_CASE("a megabyte of anything gets an answer", "[topology][hostile]") {
  constexpr std::size_t size = 1000000;
  std::mt19937 random(7);
  std::string noise(size, ' '), letters(size, ' ');
  for (auto& c : noise) c = static_cast<char>(random());
  for (auto& c : letters) c = static_cast<char>(' ' + random() % 95);
  check_answer(noise);
  check_answer(letters);
  for (const char* piece :
       {"[", "{", "{a: ", "- ", "? ", ": ", "&a ", "*a ", "! ", "\"", "'", "a\n\n", "a: b\n", "---\n", "|\n", ",", "#", "%", "\t", "\n", "a", "${", "${X:-"}) {
    CAPTURE(piece);
    std::string text;
    while (text.size() < size) text += piece;
    check_answer(text);
  }
}

}  // namespace weir::topology::test
