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
  std::string inlined = {};                  ///< A stream that is not persisted; every operator then has one partition.
};

/// About a thousand lines of the book; every word's counts come out as 1, 2, … n.
const scenario& word_count();
/// About a thousand flights of many days, and some lines that are no flights.
const scenario& flights();

/// The same with a chain in it: its splitter and counter, its parser and board. What comes out is the same.
const scenario& word_count_chained();
const scenario& flights_chained();

/// The lines of a text, sorted.
std::vector<std::string> sorted_lines(const std::string& text);

}  // namespace weir::simulation
