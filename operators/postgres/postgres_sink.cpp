// `postgres-sink`: records as rows of a PostgreSQL table, each there exactly once.
//
//   - name: orders
//     uses: postgres-sink
//     istreams: {records: orders}
//     with: {connection: "host=/run/postgresql dbname=shop", table: orders, columns: [id=/id, placed_at=time, total]}
//
// How it is exact: flush() writes a frame's rows (COPY) and how far it has come (the table weir_sinks) in one transaction. Records come again after a crash
// between that commit and the frame; the database says which of them are in already. A process that was declared dead and is not cannot write: each start
// enters its epoch into weir_sinks, and a transaction whose epoch is not the entered one changes nothing. The data directory's own mark, drawn at the first
// start and state from then on, keeps two data directories from taking each other's position for theirs.
//
// A row that the database refuses is that record's error. The rows around it are written, its position is kept as refused in the same transaction, and the
// step comes again: then the record is tried alone, where the error belongs to nobody else. While the server is away the sink waits.
#include <weir/weir.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "operators/postgres/database.hpp"
#include "operators/postgres/row_layout.hpp"
#include "operators/postgres/sink_progress.hpp"

namespace weir::operators {

/// The data directory's mark in the database.
struct sink_mark {
  std::uint64_t number;
  std::uint64_t durable;  // 1: it is on disk, so that nothing can be in the database that a restart would not know for its own.
};

class postgres_sink : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "postgres-sink",
            .version = "1",
            .istreams = {{"records", weir::grouping::group_by}},
            .states = {weir::per_partition<sink_mark>("mark")},
            .delivery = weir::delivery::durable,
            .blocking = true,
            .config = {{"connection", config_type::text, weir::required, "as libpq takes it: host=/run/postgresql dbname=shop, or postgresql://…"},
                       {"table", config_type::text, weir::required, "table, or schema.table; must exist"},
                       {"columns", config_type::list, weir::required, "column=key, =value, =time or =/json/pointer; column alone: the JSON field of that name"},
                       {"missing", config_type::text, "error", "what a JSON field that is not there becomes: error, or as_null"},
                       {"sink", config_type::text, "", "name of the sink in the table weir_sinks; empty: the table's"}}};
  }

  void initialize(weir::context& ctx) override {
    const auto& config = ctx.config();
    layout_ = row_layout(config);
    where_ = config.text("connection");
    const std::string table = config.text("table");
    sink_ = config.text("sink").empty() ? table : config.text("sink");
    partition_ = ctx.partition();
    epoch_ = ctx.epoch();
    next_token_ = static_cast<std::uint64_t>(ctx.now().since_epoch().count());  // No token that an object before this one has asked for.
    mark_ = ctx.partition_state<sink_mark>("mark");
    if (mark_.find("") == nullptr) mark_[""] = {(std::uint64_t{std::random_device{}()} << 32 | std::random_device{}()) >> 1, 0};
    if (mark_.find("")->durable == 0) ctx.when_durable(mark_token);
    with_database("postgres-sink", [&] { connection_ = connect(where_); });
    quote_names(table);
    with_database(table, [&] { check_table(); });
    with_database(sink_, [&] { take_over(); });
  }

  void process_record(weir::context&, const weir::record& record) override {
    seen_.reach(record.position);
    const auto refused = progress_.refused.find(record.position);
    const bool was_refused = refused != progress_.refused.end();
    const bool reached = progress_.has_reached(record.position);
    if (reached && !was_refused) return;
    try {
      layout_.append(record, rows_);
    } catch (const std::exception&) {
      if (!was_refused) with_database(sink_, [&] { remember_refusal(record.position); });
      throw;
    }
    if (reached) with_database(sink_, [&] { write_alone(record.position); });
  }

  void flush(weir::context& ctx) override {
    forget_refused(ctx);
    if (rows_.empty()) return;
    require_durable_mark();
    std::string why;
    with_database(sink_, [&] {
      if (!write_all()) why = write_what_fits();
    });
    rows_.clear();
    if (!why.empty()) throw weir::retry_later("a row was refused and its record comes again: " + why);
  }

  void process_durable(weir::context&, std::uint64_t token) override {
    if (token == mark_token) mark_[""].durable = 1;
    std::erase_if(progress_.refused, [token](const auto& r) { return r.second == token; });  // With the next rows in the database too.
  }

  void close(weir::context&) override { connection_.reset(); }
  ~postgres_sink() override { parked_connections::park(where_, std::move(connection_)); }

 private:
  static constexpr std::uint64_t mark_token = 1;
  static constexpr std::size_t rows_per_write = 256;

  void quote_names(const std::string& table) {
    const std::size_t dot = table.find('.');
    table_ = connection_->quote_name(table.substr(0, dot));
    if (dot != std::string::npos) table_ += '.' + connection_->quote_name(table.substr(dot + 1));
    for (const std::string& name : layout_.names()) columns_.push_back(connection_->quote_name(name));
  }

  /// Throws what is wrong with table and columns, before the first record.
  void check_table() {
    std::string list;
    for (const std::string& c : columns_) list += (list.empty() ? "" : ", ") + c;
    pqxx::nontransaction(*connection_).exec("SELECT " + list + " FROM " + table_ + " LIMIT 0");
  }

  /// Enters this start's epoch and learns how far the sink has come. Waits for a transaction of a former process that is under way.
  void take_over() {
    pqxx::work transaction(*connection_);
    transaction.exec("SET LOCAL lock_timeout = '2s'");
    if (transaction.exec("SELECT to_regclass('weir_sinks')")[0][0].is_null()) {
      transaction.exec("SELECT pg_advisory_xact_lock(hashtext('weir_sinks'))");  // Partitions start at the same time.
      transaction.exec(
          "CREATE TABLE IF NOT EXISTS weir_sinks (sink text, partition bigint, mark bigint NOT NULL, epoch bigint NOT NULL, "
          "reached text NOT NULL DEFAULT '', refused text NOT NULL DEFAULT '', PRIMARY KEY (sink, partition))");
    }
    const std::uint64_t mark = mark_.find("")->number;
    transaction.exec_params("INSERT INTO weir_sinks (sink, partition, mark, epoch) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", sink_, partition_, mark,
                            epoch_);
    const auto entry =
        transaction.exec_params("SELECT mark, epoch, reached, refused FROM weir_sinks WHERE sink = $1 AND partition = $2 FOR UPDATE", sink_, partition_)[0];
    progress_ = sink_progress::read(entry[2].as<std::string>(), entry[3].as<std::string>());
    const bool mine = entry[0].as<std::uint64_t>() == mark;
    if (!mine && !(progress_.reached.empty() && progress_.refused.empty())) {
      throw std::runtime_error(
          "sink '" + sink_ + "' of this database was written from another data directory: go on with that one, give this sink another name (with.sink), or, " +
          "where it replaces the former, run: DELETE FROM weir_sinks WHERE sink = " + transaction.quote(sink_));
    }
    if (mine && entry[1].as<std::uint64_t>() > epoch_) fenced();
    if (!mine || entry[1].as<std::uint64_t>() != epoch_) {
      transaction.exec_params("UPDATE weir_sinks SET mark = $3, epoch = $4 WHERE sink = $1 AND partition = $2", sink_, partition_, mark, epoch_);
    }
    transaction.commit();
  }

  [[noreturn]] void fenced() const {
    throw std::runtime_error("another process has taken over sink '" + sink_ + "': this one is of an earlier start (epoch " + std::to_string(epoch_) +
                             ") and writes no more");
  }

  void require_durable_mark() const {
    if (mark_.find("")->durable == 0) throw weir::retry_later("the sink's first frame is not on disk yet");
  }

  /// Belongs into every transaction that changes something: fails unless this process is the one to do so.
  void save(pqxx::transaction_base& transaction, const sink_progress& progress) {
    const auto changed =
        transaction.exec_params("UPDATE weir_sinks SET reached = $1, refused = $2 WHERE sink = $3 AND partition = $4 AND mark = $5 AND epoch = $6",
                                progress.reached_text(), progress.refused_text(), sink_, partition_, mark_.find("")->number, epoch_);
    if (changed.affected_rows() != 1) fenced();
  }

  void copy(pqxx::transaction_base& transaction, std::size_t from, std::size_t to) {
    pqxx::stream_to stream(transaction, table_, columns_);
    for (std::size_t row = from; row < to; row += rows_per_write) {
      stream << std::tuple(copy_lines{rows_.text(row, std::min(row + rows_per_write, to))});
    }
    stream.complete();
  }

  /// Writes rows and how far the sink has come with them. What the database says where it refuses one of the rows: then nothing has happened.
  std::optional<std::string> write(std::size_t from, std::size_t to, sink_progress next) {
    try {
      pqxx::work transaction(*connection_);
      copy(transaction, from, to);
      save(transaction, next);
      transaction.commit();
    } catch (const pqxx::sql_error& e) {
      if (fault_of(e.sqlstate()) != fault::row) throw;
      return one_line(e.what());
    }
    progress_ = std::move(next);
    return std::nullopt;
  }

  /// All rows that wait, or none: false where one is refused.
  bool write_all() {
    sink_progress next = progress_;
    for (std::size_t row = 0; row < rows_.rows(); ++row) {
      next.reach(rows_.position(row));
      next.refused.erase(rows_.position(row));
    }
    return !write(0, rows_.rows(), std::move(next));
  }

  /// Writes the rows that are not refused, and keeps the positions of those that are. Why the last one was; empty where all fit after all.
  std::string write_what_fits() {
    sink_progress next = progress_;
    std::string why;
    pqxx::work transaction(*connection_);
    const std::function<void(std::size_t, std::size_t)> halve = [&](std::size_t from, std::size_t to) {
      try {
        pqxx::subtransaction part(transaction);
        copy(part, from, to);
        part.commit();
        for (std::size_t row = from; row < to; ++row) next.refused.erase(rows_.position(row));
        return;
      } catch (const pqxx::sql_error& e) {
        if (fault_of(e.sqlstate()) != fault::row) throw;
        if (to - from == 1) {
          why = one_line(e.what());
          next.refused.emplace(rows_.position(from), 0);
          return;
        }
      }
      halve(from, from + (to - from) / 2);
      halve(from + (to - from) / 2, to);
    };
    halve(0, rows_.rows());
    for (std::size_t row = 0; row < rows_.rows(); ++row) next.reach(rows_.position(row));
    save(transaction, next);
    transaction.commit();
    progress_ = std::move(next);
    return why;
  }

  /// The last row that waits, of a record that was refused before; throws what the database says.
  void write_alone(const weir::position& p) {
    sink_progress next = progress_;
    next.refused.erase(p);
    if (const auto refusal = write(rows_.rows() - 1, rows_.rows(), std::move(next))) throw std::invalid_argument(*refusal);
    rows_.drop_last();
  }

  /// A record that became no row is kept like one that the database refused. It need not be on its disk before what comes behind it is, so nobody waits.
  void remember_refusal(const weir::position& p) {
    require_durable_mark();
    sink_progress next = progress_;
    next.refused.emplace(p, 0);
    pqxx::work transaction(*connection_);
    transaction.exec("SET LOCAL synchronous_commit = off");
    save(transaction, next);
    transaction.commit();
  }

  /// What was refused and passed by has met its fate once the frame that does so is durable: then nobody needs to know any more.
  void forget_refused(weir::context& ctx) {
    bool any = false;
    for (auto& [p, token] : progress_.refused) {
      const auto seen = seen_.reached.find(p.log);
      if (token != 0 || seen == seen_.reached.end() || !(p < seen->second)) continue;
      token = next_token_;
      any = true;
    }
    if (any) ctx.when_durable(next_token_++);
  }

  std::string where_;
  std::string sink_;
  std::string table_;  // Quoted, as the columns.
  std::vector<std::string> columns_;
  std::uint32_t partition_ = 0;
  std::uint64_t epoch_ = 0;
  weir::partition_state<sink_mark> mark_;
  row_layout layout_;
  row_buffer rows_;
  sink_progress progress_;  // As the database has it.
  sink_progress seen_;      // How far records were given to this object.
  std::uint64_t next_token_ = 0;
  std::unique_ptr<pqxx::connection> connection_;
};

WEIR_EXPORT_OPERATOR(postgres_sink)

}  // namespace weir::operators
