// What was typed wrongly is answered by its own name, with what would be right.
#include "tests/cli/weir_command.hpp"

using namespace weir::test;
using Catch::Contains;

namespace {

void check_refused(const std::vector<std::string>& arguments, const std::string& said) {
  const workspace place;
  const outcome o = weir_command(place)(arguments);
  CAPTURE(arguments);
  CHECK(o.status == 2);
  CHECK(o.error_line() == "weir: error: " + said);
}

}  // namespace

TEST_CASE("words that no command takes are named", "[cli]") {
  const auto [arguments, said] = GENERATE(table<std::vector<std::string>, std::string>({
      {std::vector<std::string>{}, "a command is missing; see `weir --help`"},
      {{"stauts"}, "no command 'stauts'; did you mean 'status'?; see `weir --help`"},
      {{"--nod", "x", "status"}, "no option '--nod'; see `weir --help`"},
      {{"data"}, "a command is missing; see `weir data --help`"},
      {{"data", "verfy", "x"}, "no command 'verfy' of `weir data`; did you mean 'verify'?; see `weir data --help`"},
      {{"dead-letters", "lss", "x"}, "no command 'lss' of `weir dead-letters`; did you mean 'ls'?; see `weir dead-letters --help`"},
      {{"state", "gte", "x"}, "no command 'gte' of `weir state`; did you mean 'get'?; see `weir state --help`"},
      {{"state", "get", "a/b", "c"}, "KEY is required; see `weir state get --help`"},
      {{"status", "--wach"}, "no option '--wach'; did you mean '--watch'?; see `weir status --help`"},
      {{"status", "a", "b", "c"}, "nothing more was expected where 'b' is; see `weir status --help`"},
      {{"dead-letters", "drop", "a/b", "--al", "-x"}, "no option '--al'; did you mean '--all'?; see `weir dead-letters drop --help`"},
  }));
  check_refused(arguments, said);
}

TEST_CASE("numbers that make no sense are refused with their range", "[cli]") {
  const auto [arguments, said] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"tail", "s", "-n", "-1"}, "-n -1: expected a whole number of at least 0; see `weir tail --help`"},
      {{"tail", "s", "--partition", "-1"}, "--partition -1: expected a whole number from 0 to 4294967295; see `weir tail --help`"},
      {{"tail", "s", "--partition", "99999999999999999999"},
       "--partition 99999999999999999999: expected a whole number from 0 to 4294967295; see `weir tail --help`"},
      {{"rollback", "a/b", "--to", "0"}, "--to 0: expected a whole number from 1 to 4294967295; see `weir rollback --help`"},
      {{"rollback", "a/b", "--to", "first"}, "--to first: expected a whole number from 1 to 4294967295; see `weir rollback --help`"},
      {{"state", "get", "a/b", "s", "k", "--limit", "0"}, "--limit 0: expected a whole number from 1 to 1000; see `weir state get --help`"},
      {{"state", "get", "a/b", "s", "k", "--partition", "x"}, "--partition x: expected a whole number from 0 to 4294967295; see `weir state get --help`"},
      {{"dead-letters", "ls", "a/b", "-n", "-1"}, "-n -1: expected a whole number of at least 0; see `weir dead-letters ls --help`"},
      {{"data", "inspect", "d", "--log", "-1"}, "--log -1: expected a whole number of at least 0; see `weir data inspect --help`"},
      {{"data", "inspect", "d", "-n", "1.5"}, "-n 1.5: expected a whole number of at least 0; see `weir data inspect --help`"},
      {{"data", "inspect", "d", "--from", "3"}, "--from requires --log; see `weir data inspect --help`"},
      {{"deploy", "a/b", "c", "--wait", "x"}, "--wait x: expected cutover|probation; see `weir deploy --help`"},
  }));
  check_refused(arguments, said);
}

TEST_CASE("--version says what weir version does", "[cli]") {
  const workspace place;
  const weir_command weir(place);
  const outcome o = weir({"--version"});
  CHECK(o.status == 0);
  CHECK_THAT(o.out, Contains("operator ABI"));
  CHECK(o.out == weir({"version"}).out);
}

TEST_CASE("the general help explains every exit status", "[cli]") {
  const workspace place;
  const outcome o = weir_command(place)({"--help"});
  for (const char* status : {"0 done", "1 failed", "2 wrong usage", "3 no node", "4 refused", "5 rolled back", "130/143"}) CHECK_THAT(o.out, Contains(status));
}

TEST_CASE("a manifest without an end is refused, not read", "[cli]") {
  const workspace place;
  const std::string command = GENERATE("validate", "submit", "run");
  const outcome o = weir_command(place)({command, "/dev/zero"});
  CHECK(o.status == 2);
  CHECK_THAT(o.error_line(), Contains("/dev/zero") && Contains("1048576 bytes"));
}
