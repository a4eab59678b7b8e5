// The connection of a sink to PostgreSQL, and what its errors mean. Owned by its sink and used by its thread; everything may wait for the network.
#pragma once

#include <libpq-fe.h>
#include <weir/error.hpp>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace weir::operators {
/// Lines of a COPY, ready to be sent.
struct copy_lines {
  std::string_view text;
};
}  // namespace weir::operators

/// stream_to escapes what it is given, a cell at a time; this is what it has been done with.
template <>
inline std::string pqxx::internal::TypedCopyEscaper::operator()<weir::operators::copy_lines>(const weir::operators::copy_lines* lines) const {
  return std::string(lines->text);
}

namespace weir::operators {

/// The first line of a message, with the detail that follows it.
inline std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\t' || c == ' ';
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

/// What PostgreSQL's SQLSTATE says of who has to do something.
enum class fault : std::uint8_t {
  outage,  ///< Nobody: it goes away by itself. The server is gone, is full, or the transaction met another.
  row,     ///< What was to be written does not fit.
  setup,   ///< The table, a privilege, the manifest.
};

inline fault fault_of(const std::string& state) {
  const std::string_view kind = std::string_view(state).substr(0, 2);
  if (state.empty() || kind == "08" || kind == "53" || kind == "57" || kind == "58" || kind == "40" || kind == "25" || kind == "55") return fault::outage;
  if (kind == "22" || kind == "23" || kind == "21" || kind == "44" || kind == "54" || kind == "P0") return fault::row;
  return fault::setup;
}

/// Throws weir::retry_later for an outage, else std::runtime_error; calls of the database stand in `work`. What is a row's fault is not caught here.
template <class Work>
decltype(auto) with_database(const std::string& what, Work work) {
  try {
    return work();
  } catch (const pqxx::sql_error& e) {
    if (fault_of(e.sqlstate()) == fault::row) throw;
    if (fault_of(e.sqlstate()) == fault::outage) throw weir::retry_later(what + ": " + one_line(e.what()));
    throw std::runtime_error(what + ": " + one_line(e.what()));
  } catch (const pqxx::failure& e) {  // The connection broke; of a transaction it may be unknown whether it was committed. The next object asks.
    throw weir::retry_later(what + ": " + one_line(e.what()));
  }
}

/// A connection that outlives an operator's object that an error ended, for the next object: connecting costs milliseconds, a refused record otherwise far
/// less.
class parked_connections {
 public:
  static std::unique_ptr<pqxx::connection> take(const std::string& where) {
    const std::lock_guard lock(mutex());
    const auto found = all().find(where);
    if (found == all().end()) return nullptr;
    auto connection = std::move(found->second);
    all().erase(found);
    try {
      pqxx::nontransaction(*connection).exec("SELECT 1");
    } catch (const pqxx::failure&) {
      return nullptr;  // The server went away meanwhile.
    }
    return connection;
  }
  static void park(const std::string& where, std::unique_ptr<pqxx::connection> connection) {
    const std::lock_guard lock(mutex());
    if (connection && connection->is_open() && all().size() < parked_max) all().emplace(where, std::move(connection));
  }

 private:
  static constexpr std::size_t parked_max = 64;
  using connections = std::multimap<std::string, std::unique_ptr<pqxx::connection>>;
  static std::mutex& mutex() {
    static std::mutex one;
    return one;
  }
  static connections& all() {
    static connections one;
    return one;
  }
};

/// Connects, or says whose turn it is: retry_later where the server is not there, std::runtime_error where it is and does not want us.
inline std::unique_ptr<pqxx::connection> connect(const std::string& where) {
  if (auto parked = parked_connections::take(where)) return parked;
  for (bool again : {true, false}) {
    try {
      auto connection = std::make_unique<pqxx::connection>(where);
      // A server that loses sight of this process frees the sink's position after a while.
      pqxx::nontransaction(*connection).exec("SET idle_in_transaction_session_timeout = '30s'");
      return connection;
    } catch (const pqxx::failure& e) {
      const std::string why = "cannot connect: " + one_line(e.what());
      const bool full = why.find("too many") != std::string::npos || why.find("connection slots") != std::string::npos;
      if (PQping(where.c_str()) != PQPING_OK || full) {
        if (PQping(where.c_str()) == PQPING_NO_ATTEMPT) throw std::runtime_error("with.connection: " + one_line(e.what()));
        throw weir::retry_later(why);
      }
      if (!again) throw std::runtime_error(why);  // Not one that was just starting.
    }
  }
  throw std::logic_error("connect");  // Not reached.
}

}  // namespace weir::operators
