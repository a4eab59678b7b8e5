#include "tests/simulation/scenario.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

namespace weir::simulation {

namespace {

constexpr std::size_t lines_wanted = 1000;
constexpr std::size_t lines_per_file = 10;

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(std::string(WEIR_SOURCE_DIR) + "/examples/" + path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// Several files, because a source reads a whole small one at a time: so there are many frames.
std::map<std::string, std::string> input_files(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> files;
  for (std::size_t i = 0; i < lines.size(); ++i) files[fmt::format("/in/part-{:03}.txt", i / lines_per_file)] += lines[i] + '\n';
  return files;
}

std::vector<std::string> counts_of(const std::vector<std::string>& lines) {
  std::map<std::string, int> counts;
  std::vector<std::string> rows;
  for (const std::string& line : lines) {
    std::string word;
    for (const char c : line + ' ') {
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        word += c >= 'a' ? c : static_cast<char>(c - 'A' + 'a');
      } else if (!word.empty()) {
        rows.push_back(word + ',' + std::to_string(++counts[word]));
        word.clear();
      }
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::string> board_of(const std::vector<std::string>& lines) {
  std::map<std::pair<std::string, std::string>, std::array<long, 3>> days;
  for (const std::string& line : lines) {
    const auto flight = nlohmann::json::parse(line, nullptr, false);
    if (!flight.is_object()) continue;
    std::string day = flight["date"].get<std::string>().substr(0, 10);
    day[4] = day[7] = '-';
    const long delay = flight["delay"].get<long>();
    auto& [count, late, sum] = days[{day, flight["origin"].get<std::string>()}];
    count += 1;
    late += delay >= 15 ? 1 : 0;
    sum += delay;
  }
  std::vector<std::string> rows;
  for (const auto& [key, totals] : days) rows.push_back(fmt::format("{},{},{},{},{}", key.first, key.second, totals[0], totals[1], totals[2]));
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

const scenario& word_count() {
  static const scenario made = [] {
    std::vector<std::string> lines = lines_of("word_count/data/opticks.txt");
    lines.resize(std::min(lines.size(), lines_wanted));
    return scenario{"word_count", input_files(lines), "/out/counts.csv", counts_of(lines)};
  }();
  return made;
}

const scenario& word_count_chained() {
  static const scenario made = [] {
    scenario s = word_count();
    s.inlined = "text-words";
    return s;
  }();
  return made;
}

const scenario& flights_chained() {
  static const scenario made = [] {
    scenario s = flights();
    s.inlined = "flights-parsed";
    return s;
  }();
  return made;
}

const scenario& flights() {
  static const scenario made = [] {
    const std::vector<std::string> all = lines_of("data/flights.ndjson");
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < all.size(); i += all.size() / lines_wanted) {
      lines.push_back(all[i]);
      if (lines.size() % 100 == 50) lines.emplace_back("this is no flight");
    }
    return scenario{"flights", input_files(lines), "/out/board.csv", board_of(lines)};
  }();
  return made;
}

}  // namespace weir::simulation
