// A PostgreSQL server for tests: initialised in a folder of its own, reached by a socket there alone, run as `postgres` where the tests are root (a server
// refuses to be). One serves all tests of the program, each with a database of its own: to initialise one takes seconds on a busy machine.
#pragma once

#include <pwd.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "tests/crash/process.hpp"
#include "tests/crash/workspace.hpp"

namespace weir::test {

/// The folder of the server's programs; empty where there is none, which is said.
inline std::string postgres_programs() {
  std::string found;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    if (std::filesystem::exists(version.path() / "bin/initdb")) found = version.path() / "bin";
  }
  if (found.empty()) WARN("all tests are skipped: no PostgreSQL server is installed in /usr/lib/postgresql (Debian: apt-get install postgresql)");
  return found;
}

class postgres_server {
 public:
  /// With an empty database; nothing where no server is installed.
  static postgres_server* with_new_database() {
    static const std::string programs = postgres_programs();
    if (programs.empty()) return nullptr;
    static postgres_server server(programs);
    server.database_ = "postgres";
    const std::string name = "test_" + std::to_string(++server.databases_);
    {
      pqxx::connection c(server.connection());
      pqxx::nontransaction(c).exec("CREATE DATABASE " + name);
    }
    server.database_ = name;
    return &server;
  }
  explicit postgres_server(std::string programs) : programs_(std::move(programs)), folder_(place_ / "postgres") {
    std::filesystem::permissions(place_.path(), std::filesystem::perms(0755));
    std::filesystem::create_directory(folder_);
    if (::geteuid() == 0) {
      const passwd* const owner = ::getpwnam("postgres");
      REQUIRE(owner != nullptr);
      REQUIRE(::chown(folder_.c_str(), owner->pw_uid, owner->pw_gid) == 0);
    }
    const int made = run_program(options(
        {programs_ + "/initdb", "-D", (folder_ / "data").string(), "-A", "trust", "-U", "weir", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"}));
    INFO(read_text(place_ / "postgres.log"));
    REQUIRE(made == 0);
    start();
  }
  ~postgres_server() { stop(); }
  postgres_server(const postgres_server&) = delete;
  postgres_server& operator=(const postgres_server&) = delete;

  /// Until it takes connections.
  void start() {
    std::filesystem::remove(folder_ / "data/postmaster.pid");  // What a killed server left would be taken for another one.
    folder_watch watch(folder_ / "data");
    server_ = std::make_unique<process>(options({programs_ + "/postgres", "-D", (folder_ / "data").string(), "-k", folder_.string(), "-c",
                                                 "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=64MB", "-c", "max_wal_size=2GB"}));
    const bool ready = watch.wait_until(*server_, [&] { return read_text(folder_ / "data/postmaster.pid").find("ready") != std::string::npos; });
    INFO(read_text(place_ / "postgres.log"));
    REQUIRE(ready);
  }
  /// At once, as a crash of the server: it recovers when it is started again.
  void kill() { end(SIGQUIT); }
  void stop() { end(SIGINT); }

  std::string connection() const { return "host=" + folder_.string() + " user=weir dbname=" + database_; }
  /// What the first column of the first row says, empty where there is none.
  std::string ask(const std::string& sql) const {
    pqxx::connection c(connection());
    pqxx::work transaction(c);
    const auto rows = transaction.exec(sql);
    std::string answer = rows.empty() || rows.columns() == 0 || rows[0][0].is_null() ? "" : rows[0][0].as<std::string>();
    transaction.commit();
    return answer;
  }

 private:
  process_options options(std::vector<std::string> command) const {
    if (::geteuid() == 0) command.insert(command.begin(), {"setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--pdeathsig=KILL", "--"});
    return {.command = std::move(command), .folder = folder_, .out = place_ / "postgres.log", .err = place_ / "postgres.log"};
  }
  void end(int signal) {
    if (!server_) return;
    server_->signal(signal);
    (void)server_->wait();
    server_.reset();
  }

  workspace place_;
  std::string programs_;
  std::filesystem::path folder_;
  std::unique_ptr<process> server_;
  std::string database_;
  int databases_ = 0;
};

}  // namespace weir::test
