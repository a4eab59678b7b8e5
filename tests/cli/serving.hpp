// A node as `weir serve` runs it, in a workspace, and `weir` commands that talk to it.
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/cli/weir_command.hpp"

namespace weir::test {

using nlohmann::json;

class serving {
 public:
  explicit serving(const workspace& place, const std::vector<std::string>& more = {}, const settings& environment = {})
      : place_(place), weir_(place), watch_(place.path()), node_(options(place, more, environment)) {
    REQUIRE(until([&] { return out().find("ready") != std::string::npos; }));
  }

  process& node() { return node_; }
  std::string out() const { return read_text(place_ / "serve.out"); }
  std::string err() const { return read_text(place_ / "serve.err"); }

  outcome operator()(const std::vector<std::string>& arguments, const settings& environment = {}) const { return weir_(arguments, with_node(environment)); }
  /// The same for a process that the test goes on with.
  process_options command(const std::vector<std::string>& arguments) const { return weir_.options(arguments, with_node({})); }
  /// What a command prints with `-o json`; it must succeed.
  json asked(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"-o", "json"});
    const outcome o = (*this)(arguments);
    CAPTURE(arguments, o.err);
    REQUIRE(o.status == 0);
    return json::parse(o.out);
  }
  /// Waits for files of the workspace's folder to change, until `seen`.
  bool until(const std::function<bool()>& seen) {
    const bool did = watch_.wait_until(node_, seen);
    if (!did) UNSCOPED_INFO(out() + err());
    return did;
  }
  int end(int signal = SIGTERM) {
    node_.signal(signal);
    return node_.wait();
  }

 private:
  settings with_node(settings environment) const {
    environment.emplace_back("WEIR_NODE", (place_ / "data").string());
    return environment;
  }
  static process_options options(const workspace& place, const std::vector<std::string>& more, const settings& environment) {
    std::vector<std::string> arguments{"serve", "--data", (place / "data").string(), "--wait", "block"};
    if (std::find(more.begin(), more.end(), "--cores") == more.end()) arguments.insert(arguments.end(), {"--cores", "0"});
    if (std::find(more.begin(), more.end(), "--segment-bytes") == more.end()) arguments.insert(arguments.end(), {"--segment-bytes", "1MiB"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    process_options o = weir_command(place).options(arguments, environment);
    o.out = place / "serve.out";
    o.err = place / "serve.err";
    std::filesystem::remove(o.out);
    return o;
  }

  const workspace& place_;
  weir_command weir_;
  folder_watch watch_;
  process node_;
};

}  // namespace weir::test
