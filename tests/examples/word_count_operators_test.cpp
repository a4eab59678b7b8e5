#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/examples/loaded.hpp"

TEST_CASE("a line is split into runs of ASCII letters, lower-cased", "[examples][word_count]") {
  loaded splitter("word_count", "splitter");
  splitter.send("", "The quick-brown FOX's 2nd \xc3\x89t\xc3\xa9 [AZ]`{az}@");
  std::vector<std::string> words;
  for (const auto& record : splitter.received("words")) {
    words.push_back(record.key);
    CHECK(record.value.empty());
  }
  CHECK(words == std::vector<std::string>{"the", "quick", "brown", "fox", "s", "nd", "t", "az", "az"});
  splitter.send("", "");
  CHECK(splitter.received("words").empty());
}

TEST_CASE("each word is counted on its own, and counts outlive a crash", "[examples][word_count]") {
  loaded count("word_count", "word_count");
  count.send("a", "");
  count.send("b", "");
  count.send("a", "");
  count.crash();
  count.send("a", "");
  CHECK(count.values("counts") == std::vector<std::string>{"1", "1", "2", "3"});
}
