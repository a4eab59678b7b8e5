// What the crash tests run: a topology, its inputs, and what its result must be. A scenario is plain data; a site is one data directory with its outputs, on
// which `weir run` is started again and again.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"

namespace weir::test {

struct scenario {
  std::string manifest;  ///< Text; takes ${RATE} (lines per second, 0: no limit), ${OUT} and what `environment` sets.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> outputs;  ///< Files in ${OUT}.
  int rate = 0;                      ///< Makes a run last about a second or two where it is to be disturbed.
  std::vector<std::string> options = {"--segment-bytes", "4MiB", "--journal-bytes-max", "64MiB"};
  /// What must be the same in every run, of one output's lines: sorted unless told otherwise.
  std::function<std::vector<std::string>(std::vector<std::string>)> essence = sorted;
};

/// The examples, taken as they stand but for the rate of their source.
scenario word_count(int parallelism);
scenario flights(int parallelism);
scenario sessions(int parallelism);
scenario earthquakes(int parallelism);
scenario fraud(int parallelism);
scenario c_operator(int parallelism);
scenario enrich(int parallelism);
/// The flights with a line in a hundred that is none; dead letters go to letters.txt.
scenario flights_with_dead_letters(int parallelism, const workspace& place);
/// Lines of a text numbered by three partitions that share them by shuffle.
scenario numbered_lines();
/// A generator of so many records in front of a sink that is a hundred times slower: it takes ten a millisecond.
scenario slow_sink(int records);

/// The bad lines that flights_with_dead_letters has put into its input.
std::vector<std::string> bad_flights(std::size_t count);

class site {
 public:
  /// Everything in `folder`, which exists.
  site(const scenario& s, std::filesystem::path folder);

  process_options command(int rate) const;
  std::filesystem::path out() const { return folder_ / "out"; }
  std::string complaints() const { return read_text(folder_ / "stderr"); }
  std::filesystem::path complaints_path() const { return folder_ / "stderr"; }
  std::vector<std::uint64_t> output_sizes() const;
  /// Every whole line that the outputs hold now, sorted.
  std::vector<std::string> lines() const;
  /// Per output, the essence of its lines.
  std::vector<std::vector<std::string>> result() const;
  /// Runs to the end; the exit status.
  int run(int rate = 0) const { return run_program(command(rate)); }

 private:
  const scenario& scenario_;
  std::filesystem::path folder_;
};

/// Says "a run has put something out": some output has grown since construction or since it was last seen shrinking (what a crash left is cut first).
class first_output {
 public:
  explicit first_output(const site& s) : site_(s), lowest_(s.output_sizes()) {}
  bool seen();

 private:
  const site& site_;
  std::vector<std::uint64_t> lowest_;
};

}  // namespace weir::test
