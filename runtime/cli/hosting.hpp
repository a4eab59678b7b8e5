// What `weir run` and `weir serve` share: the options of a node in this process, and how signals end it. One thread, but for what signals set.
#pragma once

#include <memory>
#include <string>

#include "runtime/cli/commands.hpp"
#include "runtime/node/node.hpp"

namespace weir::cli {

struct hosting_options {
  std::string data = "weir-data";
  std::string cores;
  runtime::wait_strategy wait = runtime::wait_strategy::spin;
  std::string journal_bytes_max = "1GiB";
  std::string segment_bytes;
  std::string stuck_after = "10s";
};

/// `--data`, `--cores`, `--wait`, `--journal-bytes-max`, `--segment-bytes`, `--stuck-after`.
void add_hosting(CLI::App& command, hosting_options& o);

/// As the options say; else as the data directory was made; else the defaults. What the node says goes to standard error, and its failing ends the process.
result<runtime::node_options> node_options_of(const hosting_options& o, runtime::files& fs);

/// The clock, random numbers, workers and files of a process.
class process_environment {
 public:
  process_environment();
  runtime::files& file_system() const noexcept { return *files_; }
  runtime::environment around() { return {files_.get(), &clock_, &random_, workers_.get(), true}; }

 private:
  std::unique_ptr<runtime::files> files_;
  runtime::system_clock clock_;
  runtime::system_random random_;
  std::unique_ptr<runtime::worker_factory> workers_;
};

/// From here on the first SIGINT or SIGTERM only is remembered; a second one ends the process at once.
void catch_interrupts();
int interrupted_by() noexcept;  ///< The signal's number; 0: none.

/// Ends the process, which cannot drain for that reason: an operator's thread could not be joined. As a second interrupt would.
[[noreturn]] void end_undrained(const error& why);

/// Every segment of the journal is an open file, and what is retained may be many.
void allow_open_files();

}  // namespace weir::cli
