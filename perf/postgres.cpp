// How many rows a second postgres-sink writes, from the start of `weir run` until it ends: a generator in front of a table of four columns, for 2,000,000
// rows (or as many as the first argument says), into a server with PostgreSQL's own settings, fsync among them. Says so where no server is installed.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "perf/measure.hpp"

namespace {

constexpr const char* manifest = R"(manifest: 1
topology: bench
operators:
  - name: load
    uses: generator
    ostreams: {records: load}
    with: {count: "${ROWS}", keys: 100000, value_bytes: 100B}
  - name: table
    uses: postgres-sink
    istreams: {records: load}
    with: {connection: "${CONNECTION}", table: load, columns: [key=key, at=time, value=value]}
)";

void shell(const std::string& command) {
  if (std::system(command.c_str()) != 0) perf::stop("failed: " + command);
}

std::string server_programs() {
  std::error_code none;
  std::string found;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    if (std::filesystem::exists(version.path() / "bin/initdb")) found = version.path() / "bin/";
  }
  return found;
}

/// A server refuses to be root.
std::string as_server_user() { return ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --init-groups -- " : ""; }

class server {
 public:
  server(const std::string& folder, const std::string& programs) : control_(as_server_user() + programs + "pg_ctl -s -w -D " + folder + "/data ") {
    shell(as_server_user() + programs + "initdb -D " + folder + "/data -A trust -U weir -E UTF8 >" + folder + "/initdb.log");
    shell(control_ + "-l " + folder + "/log -o \"-k " + folder + " -c listen_addresses=\" start");
  }
  ~server() { (void)!std::system((control_ + "-m immediate stop").c_str()); }
  server(const server&) = delete;
  server& operator=(const server&) = delete;

 private:
  std::string control_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string rows = argc > 1 ? argv[1] : "2000000";
  const std::string programs = server_programs();
  if (programs.empty()) {
    std::puts("postgres-sink: skipped, no PostgreSQL server is installed (Debian: apt-get install postgresql)");
    return 0;
  }
  const perf::scratch_directory scratch(std::filesystem::temp_directory_path());
  const std::string folder = scratch.path() + "/server";
  std::filesystem::permissions(scratch.path(), std::filesystem::perms(0755));
  std::filesystem::create_directory(folder);
  if (::geteuid() == 0) shell("chown postgres:postgres " + folder);
  const server running(folder, programs);
  const std::string connection = "host=" + folder + " user=weir dbname=postgres";
  const std::string ask = programs + "psql -qAt -h " + folder + " -U weir postgres -c ";
  shell(ask + "'CREATE TABLE load (id bigint GENERATED ALWAYS AS IDENTITY, key text NOT NULL, at timestamptz NOT NULL, value text)'");
  std::ofstream(scratch.path() + "/bench.yaml") << manifest;

  const perf::stopwatch watch;
  shell("cd " + scratch.path() + " && ROWS=" + rows + " CONNECTION='" + connection +
        "' WEIR_OPERATORS=" WEIR_OPERATORS " " WEIR_BINARY " run bench.yaml 2>run.log >run.out");
  const double seconds = watch.seconds();
  shell("test \"$(" + ask + "'SELECT count(*) FROM load')\" = " + rows);
  std::printf("postgres-sink, %s rows: %.1f s, %.0f rows/s\n", rows.c_str(), seconds, std::strtod(rows.c_str(), nullptr) / seconds);
  return 0;
}
