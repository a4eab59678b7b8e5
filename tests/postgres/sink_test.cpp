#include "operators/postgres/postgres_sink.cpp"  // NOLINT(bugprone-suspicious-include): an operator is one file

#include <catch2/catch.hpp>
#include <weir/test_driver.hpp>

#include "tests/operators/documented.hpp"
#include "tests/postgres/server.hpp"

using Catch::Matchers::Contains;
using weir::test_driver;
using weir::operators::postgres_sink;
using weir::test::postgres_server;

/// libpqxx 6.4 leaves a result behind when the server goes away in the middle of a COPY.
extern "C" const char* __lsan_default_suppressions();                            // NOLINT(bugprone-reserved-identifier): its name is LeakSanitizer's
extern "C" const char* __lsan_default_suppressions() { return "leak:libpqxx"; }  // NOLINT(bugprone-reserved-identifier)

namespace {

weir::event_time at(std::int64_t seconds) { return weir::event_time(std::chrono::seconds(seconds)); }

/// A sink whose mark is durable; its first frame has been.
test_driver writing(weir::test_config config) { return test_driver::of<postgres_sink>(std::move(config)); }

/// Rows as text, in the order of the table.
constexpr const char* all_rows = "SELECT string_agg(t::text, ' ' ORDER BY ctid) FROM t";

/// What waits is tried again until nothing waits.
void go_on(test_driver& driver) {
  for (int i = 0; i < 20 && driver.waiting(); ++i) driver.advance_time(std::chrono::seconds(10));
  CHECK(driver.waiting() == std::nullopt);
}

}  // namespace

TEST_CASE("records become rows as with.columns says", "[postgres]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;

  SECTION("key, value, time and fields of the value, exactly as they were") {
    server.ask("CREATE SCHEMA s; CREATE TABLE s.\"T\" (k text, v text, t timestamptz, n numeric, j jsonb, \"odd name\" text, b boolean)");
    auto driver =
        writing({{"connection", server.connection()}, {"table", "s.T"}, {"columns", {"k=key", "v=value", "t=time", "n=/a/n", "j=/a", "odd name", "b=/b"}}});
    const std::string value = R"({"a":{"n":-1.50},"odd name":"tab\tline\nback\\ \\N é","b":true})";
    driver.send("records", "", value, at(951782400) + std::chrono::microseconds(1));
    driver.send("records", "k\t\n\r\\.", R"({"a":{"n":null},"odd name":"","b":null})", weir::event_time::min());
    go_on(driver);
    CHECK(server.ask("SELECT v FROM s.\"T\" WHERE k = ''") == value);
    CHECK(server.ask("SELECT (t AT TIME ZONE 'UTC')::text || n || j || b FROM s.\"T\" WHERE k = ''") == "2000-02-29 00:00:00.000001-1.50{\"n\": -1.50}true");
    CHECK(server.ask("SELECT \"odd name\" FROM s.\"T\" WHERE k = ''") == "tab\tline\nback\\ \\N é");
    CHECK(server.ask("SELECT t::text || (n IS NULL) || (b IS NULL) || (\"odd name\" = '') FROM s.\"T\" WHERE k = E'k\\t\\n\\r\\\\.'") ==
          "-infinitytruetruetrue");
  }
  SECTION("a field that is missing is the record's error, or null") {
    server.ask("CREATE TABLE t (a int)");
    auto strict = writing({{"connection", server.connection()}, {"table", "t"}, {"columns", "a"}});
    strict.on_error(weir::on_error::skip);
    strict.frame({{"records", "", R"({"a":1})"}, {"records", "", R"({"b":2})"}, {"records", "", R"({"a":3})"}});
    go_on(strict);
    CHECK(server.ask(all_rows) == "(1) (3)");
    auto lenient = writing({{"connection", server.connection()}, {"table", "t"}, {"columns", "a"}, {"missing", "as_null"}, {"sink", "lenient"}});
    lenient.send("records", "", R"({"b":2})");
    go_on(lenient);
    CHECK(server.ask(all_rows) == "(1) (3) ()");
  }
}

TEST_CASE("what the database refuses is the record's error, and the rows around it are written", "[postgres]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  server.ask("CREATE TABLE t (a int CHECK (a <> 13) UNIQUE)");
  auto driver = writing({{"connection", server.connection()}, {"table", "t"}, {"columns", "a=value"}});
  driver.on_error(weir::on_error::dead_letter);
  std::vector<test_driver::input> inputs;
  for (const char* value : {"1", "many", "2", "13", "3", "1", "99999999999", "\xff", "4"}) inputs.push_back({"records", "", value});
  inputs.push_back({"records", "", std::string("\0", 1)});
  driver.frame(inputs);
  go_on(driver);
  CHECK(server.ask(all_rows) == "(1) (2) (3) (4)");
  const auto letters = driver.received("dead-letters");
  REQUIRE(letters.size() == 6);
  CHECK((letters[0].value == "many" && letters[1].value == "13" && letters[2].value == "1" && letters[3].value == "99999999999"));

  SECTION("later rows go on, and the refused ones are forgotten") {
    driver.send("records", "", "5");
    driver.send("records", "", "6");
    CHECK(server.ask(all_rows) == "(1) (2) (3) (4) (5) (6)");
    CHECK(server.ask("SELECT refused FROM weir_sinks").empty());
  }
  SECTION("a crash in a step with a refused row loses neither row nor dead letter") {
    const auto where = GENERATE(weir::crash_point::before_flush, weir::crash_point::after_flush);
    driver.crash_in({{"records", "", "7"}, {"records", "", "x"}, {"records", "", "8"}}, where);
    go_on(driver);
    CHECK(server.ask(all_rows) == "(1) (2) (3) (4) (7) (8)");
    CHECK(driver.received("dead-letters").size() == 1);
  }
  SECTION("the error is what the database says") {
    driver.on_error(weir::on_error::fail);
    const auto [value, reason] = GENERATE(table<const char*, const char*>({{"many", "invalid input syntax for type integer: \"many\""},
                                                                           {"13", "violates check constraint"},
                                                                           {"1", "duplicate key"},
                                                                           {"99999999999", "out of range"},
                                                                           {"\xff", "invalid byte sequence"}}));
    const auto write = [&, bad = value] {
      driver.frame({{"records", "", "7"}, {"records", "", bad}, {"records", "", "8"}});
      go_on(driver);
    };
    CHECK_THROWS_WITH(write(), Contains(reason));
  }
}

TEST_CASE("a step that the database has and no frame is not written again", "[postgres]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  server.ask("CREATE TABLE t (a text)");
  auto driver = writing({{"connection", server.connection()}, {"table", "t"}, {"columns", "a=value"}});
  driver.send("records", "", "1");
  go_on(driver);
  driver.crash_in({{"records", "", "2"}, {"records", "", "3"}}, weir::crash_point::after_flush);
  driver.crash_in({{"records", "", "4"}}, weir::crash_point::before_flush);
  driver.redeploy<postgres_sink>();
  driver.send("records", "", "5");
  go_on(driver);
  CHECK(server.ask(all_rows) == "(1) (2) (3) (4) (5)");
}

TEST_CASE("a sink waits while the server is away, and goes on", "[postgres]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  server.ask("CREATE TABLE t (a text)");
  auto driver = writing({{"connection", server.connection()}, {"table", "t"}, {"columns", "a=value"}});
  driver.send("records", "", "1");
  go_on(driver);
  server.kill();
  driver.send("records", "", "2");
  driver.advance_time(std::chrono::seconds(10));
  REQUIRE(driver.waiting());
  CHECK_THAT(*driver.waiting(), Contains("cannot connect"));
  server.start();
  go_on(driver);
  driver.send("records", "", "3");
  CHECK(server.ask(all_rows) == "(1) (2) (3)");
}

TEST_CASE("what is wrong with the setup is said at once", "[postgres]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  server.ask("CREATE TABLE t (a text)");
  const auto sink = [&](const std::string& connection, const std::string& table, const std::string& columns) {
    return writing({{"connection", connection}, {"table", table}, {"columns", columns}});
  };
  CHECK_THROWS_WITH(sink(server.connection(), "nowhere", "a=value"), Contains("relation \"nowhere\" does not exist"));
  CHECK_THROWS_WITH(sink(server.connection(), "t", "b=value"), Contains("column \"b\" does not exist"));
  CHECK_THROWS_WITH(sink(server.connection(), "t", "a=nothing"), Contains("with.columns: 'a=nothing': behind = stands key, value, time"));
  CHECK_THROWS_WITH(sink(server.connection() + " dbname=none", "t", "a=value"), Contains("database \"none\" does not exist"));
  CHECK_THROWS_WITH(sink("hots=x", "t", "a=value"), Contains("with.connection: ") && Contains("hots"));
}

TEST_CASE("a process of an earlier start writes no more, and another data directory is refused", "[postgres]") {
  postgres_server* const installed = postgres_server::with_new_database();
  if (installed == nullptr) return;
  postgres_server& server = *installed;
  server.ask("CREATE TABLE t (a text)");
  const weir::test_config config{{"connection", server.connection()}, {"table", "t"}, {"columns", "a=value"}};
  auto driver = writing(config);
  driver.send("records", "", "1");
  go_on(driver);
  CHECK_THROWS_WITH(writing(config), Contains("sink 't' of this database was written from another data directory"));
  server.ask("UPDATE weir_sinks SET epoch = epoch + 1");
  CHECK_THROWS_WITH(driver.send("records", "", "2"), Contains("another process has taken over sink 't'"));
  CHECK(server.ask(all_rows) == "(1)");
}

TEST_CASE("the documentation lists every config key of postgres-sink", "[postgres][docs]") {
  CHECK(weir::test::documented()["postgres-sink"] == weir::test::declared(postgres_sink()));
}
