#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/examples/run_weir.hpp"

namespace {
using counts = std::map<std::string, std::uint64_t>;

/// What words a text has, computed apart from the example's code.
counts model(const std::string& text) {
  static const std::string upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", lower = "abcdefghijklmnopqrstuvwxyz";
  counts words;
  std::string word;
  for (const char c : text + " ") {
    const std::size_t capital = upper.find(c);
    const char letter = capital == std::string::npos ? c : lower[capital];
    if (lower.find(letter) != std::string::npos) {
      word += letter;
    } else if (!word.empty()) {
      ++words[word];
      word.clear();
    }
  }
  return words;
}

/// The last count of every word, after checking that each word's lines are word,1 word,2 … in this order.
counts updates(const std::string& file) {
  counts seen;
  for (const std::string& line : run_weir::lines(file)) {
    const std::size_t comma = line.find(',');
    INFO(line);
    REQUIRE(comma != std::string::npos);
    REQUIRE(std::to_string(++seen[line.substr(0, comma)]) == line.substr(comma + 1));
  }
  return seen;
}
}  // namespace

TEST_CASE("word_count's expected result is what an independent count of its text gives", "[examples][word_count]") {
  std::string expected;
  for (const auto& [word, count] : model(run_weir::read(run_weir::source() / "examples/word_count/data/opticks.txt"))) {
    expected += word + ',' + std::to_string(count) + '\n';
  }
  CHECK(run_weir::read(run_weir::source() / "examples/word_count/expected.csv") == expected);
}

TEST_CASE("word_count counts every word of a book from 1 to n, without gap or repeat", "[examples][word_count]") {
  const int partitions = GENERATE(1, 2, 3, 4);
  run_weir weir("word_count");
  weir.parallelism(partitions);
  INFO("parallelism " << partitions);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(updates(weir.read(weir.out("counts.csv"))) == model(weir.read(weir.source() / "examples/word_count/data/opticks.txt")));
}

TEST_CASE("running word_count again after its end changes nothing", "[examples][word_count]") {
  run_weir weir("word_count");
  weir.input("the end\n");
  REQUIRE(weir() == 0);
  const std::string before = weir.read(weir.out("counts.csv"));
  CHECK(run_weir::sorted(run_weir::lines(before)) == std::vector<std::string>{"end,1", "the,1"});
  weir.input("the end\nof the world\n");
  const int status = weir();
  CHECK(status == 0);
  CHECK(weir.read(weir.out("counts.csv")) == before);
  CHECK_THAT(weir.complained(), Catch::Contains("has grown by 13 bytes"));
}

TEST_CASE("odd texts pass: empty, without words, one line of a mebibyte, no newline at the end, bytes that are no UTF-8", "[examples][word_count]") {
  std::string long_line;
  while (long_line.size() < (std::size_t{1} << 20)) long_line += "word other-Word \xff\xfe";
  const std::string text = GENERATE_COPY(std::string(), std::string("\n\r\n 123 \xc3\xa9\n"), long_line, long_line + "\nlast", std::string("a\nb"));
  run_weir weir("word_count");
  weir.input(text);
  const int status = weir();
  INFO(weir.complained());
  REQUIRE(status == 0);
  CHECK(updates(weir.read(weir.out("counts.csv"))) == model(text));
}
