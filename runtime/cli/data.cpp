// weir data ls|inspect|verify: a data directory from outside. Reads only.
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "runtime/cli/commands.hpp"
#include "runtime/log/inspect.hpp"
#include "runtime/node/directory.hpp"

namespace weir::cli {

namespace {

using namespace runtime;
using nlohmann::json;

struct data_options {
  std::string directory;
  output_format format = output_format::table;
  std::optional<std::uint64_t> log;
  std::uint64_t from_lsn = 0;
  std::uint64_t limit = UINT64_MAX;
  bool all = false;
};

using log_names = std::map<std::uint64_t, std::string>;

/// Whose each log is, as the node's own log says: "topology/operator 0". Where it cannot be read, logs have no names, which is not what `ls` is about.
log_names names_of_logs(files& fs, const std::string& data_directory) {
  log_names names{{0, "the node's own"}};
  const auto node_log = read_log(fs, data_directory, 0);
  if (!node_log) return names;
  const auto known = directory::read(*node_log, data_directory);
  if (!known) return names;
  for (const auto& [key, entry] : known->entries())
    for (std::uint32_t i = 0; i < entry.parallelism; ++i) names[entry.first_log + i] = fmt::format("{} {}", key, i);
  return names;
}

std::string name_of(const log_names& names, std::uint64_t log) {
  const auto found = names.find(log);
  return found == names.end() ? std::string() : found->second;
}

json to_json(const data_listing& d, const log_names& names) {
  json j{{"segments", json::array()},
         {"logs", json::array()},
         {"snapshots", json::array()},
         {"torn_files", d.torn_files},
         {"last_sequence", d.last_sequence},
         {"durable_sequence", d.durable_sequence},
         {"epoch", d.epoch},
         {"free_files", d.free_files},
         {"problems", d.problems}};
  for (const auto& s : d.segments)
    j["segments"].push_back(
        {{"file", s.file}, {"bytes", s.bytes}, {"frames", s.frames}, {"first_sequence", s.first_sequence}, {"last_sequence", s.last_sequence}});
  for (const auto& l : d.logs)
    j["logs"].push_back(
        {{"log", l.log}, {"partition", name_of(names, l.log)}, {"first_lsn", l.first_lsn}, {"last_lsn", l.last_lsn}, {"frames", l.frames}, {"bytes", l.bytes}});
  for (const auto& s : d.snapshots)
    j["snapshots"].push_back({{"file", s.file}, {"sequence", s.sequence}, {"bytes", s.bytes}, {"damage", s.damage ? s.damage->message : ""}});
  return j;
}

int list(const data_options& o) {
  const auto files = make_system_files();
  const auto d = list_data(*files, o.directory);
  if (!d) return complain(d.why());
  const data_listing& all = d.value();
  const log_names names = names_of_logs(*files, o.directory);
  if (o.format == output_format::json) {
    fmt::print("{}\n", to_json(all, names).dump());
    return 0;
  }
  fmt::print("{}: epoch {}, {} frames, durable up to {}\n", o.directory, all.epoch, grouped(all.last_sequence), grouped(all.durable_sequence));
  for (const auto& s : all.segments) fmt::print("segment   {}  {:>10}  frames {} to {}\n", s.file, human_bytes(s.bytes), s.first_sequence, s.last_sequence);
  std::size_t widest = 0;
  for (const auto& l : all.logs) widest = std::max(widest, name_of(names, l.log).size());
  for (const auto& l : all.logs)
    fmt::print("log {:<5} {:<{}}  {:>10}  LSN {} to {} in the journal\n", l.log, name_of(names, l.log), widest, human_bytes(l.bytes), l.first_lsn, l.last_lsn);
  for (const auto& s : all.snapshots)
    fmt::print("snapshot  {}  {:>10}  up to frame {}{}\n", s.file, human_bytes(s.bytes), s.sequence, s.damage ? "  DAMAGED: " + s.damage->message : "");
  for (const auto& t : all.torn_files) fmt::print("torn      {}  (cut by a recovery, kept aside)\n", t);
  if (all.problems > 0) fmt::print("{} problems; see `weir data verify {}`\n", all.problems, o.directory);
  return 0;
}

json to_json(const inspected_frame& f) {
  const frame_header& h = f.header;
  json j{{"file", f.file}, {"offset", f.offset}, {"sequence", h.sequence},     {"log", h.log},
         {"lsn", h.lsn},   {"epoch", h.epoch},   {"generation", h.generation}, {"bytes", h.frame_bytes}};
  if (!f.content) return j;
  const frame& c = *f.content;
  j["watermark"] = c.watermark;
  j["ended"] = c.ended;
  j["dead_letters"] = (h.flags & letters_frame) != 0;
  j["states"] = c.states.count();
  j["timers"] = c.timers.count();
  j["positions"] = json::array();
  for (const auto& p : c.positions) j["positions"].push_back({{"log", p.log}, {"lsn", p.lsn}});
  for (const auto& m : c.members) j["chain"].push_back({{"generation", m.generation}, {"watermark", m.watermark}});
  j["records"] = json::array();
  for (const auto& b : c.outputs) j["records"].push_back(b.count());
  return j;
}

std::string to_text(const inspected_frame& f) {
  const frame_header& h = f.header;
  std::string line = fmt::format("{:>8}  log {} LSN {}  epoch {} generation {}  {:>9}  {}:{}", h.sequence, h.log, h.lsn, h.epoch, h.generation,
                                 human_bytes(h.frame_bytes), f.file, f.offset);
  if (!f.content) return line + "  (padding)";
  const frame& c = *f.content;
  for (std::size_t i = 0; i < c.outputs.size(); ++i)
    if (!c.outputs[i].empty()) line += fmt::format("  ostream {}: {} records", i, c.outputs[i].count());
  if ((h.flags & letters_frame) != 0) line += " (dead letters)";
  if (!c.states.empty()) line += fmt::format("  {} state changes", c.states.count());
  if (!c.timers.empty()) line += fmt::format("  {} timer changes", c.timers.count());
  for (const auto& p : c.positions) line += fmt::format("  read {}:{}", p.log, p.lsn);
  return c.ended ? line + "  ended" : line;
}

int inspect(const data_options& o) {
  const auto files = make_system_files();
  inspect_filter filter;
  filter.log = o.log;
  filter.from_lsn = o.from_lsn;
  filter.limit = o.limit;
  filter.fillers = o.all;
  const auto done = inspect_data(*files, o.directory, filter, [&](const inspected_frame& f) {
    fmt::print("{}\n", o.format == output_format::json ? to_json(f).dump() : to_text(f));
    return true;
  });
  return done ? 0 : complain(done.why());
}

int verify(const data_options& o) {
  const auto files = make_system_files();
  const auto r = verify_data(*files, o.directory);
  if (!r) return complain(r.why());
  const verify_report& v = r.value();
  if (o.format == output_format::json) {
    json j{{"segments", v.segments},     {"frames", v.frames},       {"bytes", v.bytes},
           {"torn_bytes", v.torn_bytes}, {"snapshots", v.snapshots}, {"problems", json::array()}};
    for (const auto& p : v.problems) j["problems"].push_back({{"file", p.file}, {"offset", p.offset}, {"what", p.what}});
    fmt::print("{}\n", j.dump());
  } else {
    for (const auto& p : v.problems) fmt::print("{}:{}: {}\n", p.file, p.offset, p.what);
    fmt::print("{} frames in {} segments, {} verified; {} snapshots; {}\n", grouped(v.frames), v.segments, human_bytes(v.bytes), v.snapshots,
               v.sound() ? "sound" : fmt::format("{} problems", v.problems.size()));
    if (v.torn_bytes > 0) fmt::print("{} of torn tail, which the next start cuts\n", human_bytes(v.torn_bytes));
  }
  return v.sound() ? 0 : exit_status(error_code::corrupt);
}

CLI::App* add_reader(CLI::App& data, const char* name, const char* help, const char* example, data_options& o) {
  CLI::App* const command = data.add_subcommand(name, help);
  command->footer(example);
  command->add_option("DIR", o.directory, "The data directory; a live node's may be read, too")->required();
  add_output(*command, o.format);
  return command;
}

}  // namespace

void add_data(CLI::App& app, action& chosen) {
  static data_options o;
  CLI::App* const data = app.add_subcommand("data", "Reads a data directory; never changes it");
  data->require_subcommand(1);
  data->footer("Example:\n  weir data verify weir-data");
  add_reader(*data, "ls", "Lists segments, logs, snapshots and torn tails", "Example:\n  weir data ls weir-data", o)->callback([&chosen] {
    chosen = [] { return list(o); };
  });
  CLI::App* const frames = add_reader(*data, "inspect", "Prints frames, a line each", "Example:\n  weir data inspect weir-data --log 2 -n 10", o);
  CLI::Option* const log = add_number(
      *frames, "--log", [](std::uint64_t n) { o.log = n; }, "Only this log, by its number in `weir data ls`; all by default");
  add_number(
      *frames, "--from", [](std::uint64_t n) { o.from_lsn = n; }, "From this LSN on; the oldest by default")
      ->needs(log);
  add_number(
      *frames, "-n", [](std::uint64_t n) { o.limit = n; }, "At most so many frames; all by default");
  frames->add_flag("--all", o.all, "Padding and durable marks, too");
  frames->callback([&chosen] { chosen = [] { return inspect(o); }; });
  add_reader(*data, "verify", "Reads everything and reports every damage with file and offset", "Example:\n  weir data verify weir-data", o)
      ->callback([&chosen] { chosen = [] { return verify(o); }; });
}

}  // namespace weir::cli
