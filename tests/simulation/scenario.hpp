// What a simulation runs: an example's manifest, an input, and what must come out. Models are computed apart from the examples' code.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace weir::simulation {

struct scenario {
  std::string name;                          ///< The folder under examples/.
  std::map<std::string, std::string> input;  ///< Files by path.
  std::string output;                        ///< Path of the file that the run writes.
  std::vector<std::string> expected;         ///< Its lines, sorted.
};

/// About a thousand lines of the book; every word's counts come out as 1, 2, … n.
const scenario& word_count();
/// About a thousand flights of many days, and some lines that are no flights.
const scenario& flights();

/// The lines of a text, sorted.
std::vector<std::string> sorted_lines(const std::string& text);

}  // namespace weir::simulation
