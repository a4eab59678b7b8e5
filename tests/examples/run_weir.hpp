// Runs the weir binary in a fresh folder, as a user would, and reads what it left. One test, one object; its folder goes with it. A run that hangs is killed
// after two minutes and counts as failed.
#pragma once

#include <stdlib.h>
#include <sys/wait.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

class run_weir {
 public:
  /// `example` is the folder under examples/.
  explicit run_weir(std::string example) : example_(std::move(example)) {
    std::string name = (std::filesystem::temp_directory_path() / "weir-examples-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    folder_ = name;
    std::filesystem::create_directory(folder_ / "out");
  }
  run_weir(const run_weir&) = delete;
  run_weir& operator=(const run_weir&) = delete;
  ~run_weir() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  static std::filesystem::path source() { return WEIR_SOURCE_DIR; }
  std::filesystem::path out(const std::string& name) const { return folder_ / "out" / name; }

  /// Makes a file and lets the example read it.
  void input(const std::string& text) {
    const auto path = folder_ / "input";
    std::ofstream(path, std::ios::binary) << text;
    environment_ += " INPUT=" + path.string();
  }
  void parallelism(int partitions) { environment_ += " PARALLELISM=" + std::to_string(partitions); }

  /// `weir run` on the example; its exit status.
  int operator()() const {
    const std::string command = "env OUT=" + (folder_ / "out").string() + " BUILD=" WEIR_BUILD_DIR "/examples/" + example_ + environment_ +
                                " timeout -k 5 120 " WEIR_BINARY " run " WEIR_SOURCE_DIR "/examples/" + example_ + "/topology.yaml --data " +
                                (folder_ / "data").string() + " -o json </dev/null >" + (folder_ / "stdout").string() + " 2>" + (folder_ / "stderr").string();
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  std::string said() const { return read(folder_ / "stdout"); }
  std::string complained() const { return read(folder_ / "stderr"); }

  static std::string read(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }
  static std::vector<std::string> sorted(std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  std::string example_;
  std::filesystem::path folder_;
  std::string environment_;
};
