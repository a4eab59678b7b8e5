#include "runtime/node/deaths.hpp"

#include <fmt/format.h>

namespace weir::runtime {

namespace {

/// The stream that a chain reads in that log; of several the first.
std::string stream_read(const directory& all, std::uint64_t reader, std::uint64_t log) {
  for (const auto& [reading, e] : all.entries()) {
    if (!e.has_log(reader)) continue;
    for (const directory_wire& in : e.istreams)
      for (const auto& [writing, from] : all.entries())
        if (!in.inlined && from.has_log(log) && from.writes(in.stream)) return in.stream;
  }
  return "";
}

}  // namespace

std::string death_text(const directory& all, const directory_deaths& d) {
  std::string where;
  if (d.place == step_place::timer) where = ", in a timer";
  if (d.place == step_place::hook) where = ", in a hook that is about no record (such as initialize or poll)";
  if (d.place == step_place::record) {
    const std::string stream = stream_read(all, d.log, d.record.log);
    where = fmt::format(" at the record at {} of stream '{}' ('weir tail {} --from {} -n 1' shows it)", position_text(d.record), stream, stream,
                        position_text(d.record));
  }
  return cause_name(d.cause) + where;
}

std::string quarantine_of(const directory& all, std::uint64_t log) {
  for (const auto& [key, e] : all.entries()) {
    if (!e.has_log(log) || !e.deaths.quarantined()) continue;
    const std::string skips = e.deaths.place == step_place::record ? fmt::format("'weir resume {} --skip-record' passes that record, ", key) : "";
    return fmt::format("{} starts in a row died in '{}', partition {}: {}; {}'weir deploy {} FILE' replaces its code, 'weir resume {}' lets it go on",
                       directory_deaths::quarantined_after, key, e.deaths.log - e.first_log, death_text(all, e.deaths), skips, key, key);
  }
  return "";
}

std::optional<directory_deaths> next_deaths(const directory_entry& e, const step_death& d, const directory& all,
                                            const std::function<std::uint64_t(std::uint64_t log)>& last_lsn) {
  const auto named = all.entries().find(d.who);
  if (named != all.entries().end() ? named->first != e.key() : !e.has_log(d.log)) return {};
  directory_deaths next{.count = 1, .cause = d.cause, .place = d.place, .log = d.log, .lsn = last_lsn(d.log)};
  next.record = d.record;
  // Who was only there when the process was killed may be so by chance, unless it has got nowhere since the last time.
  const bool again = d.cause != 0 ? d.lived_ns < directory_deaths::settled_ns : e.deaths.log == next.log && e.deaths.lsn == next.lsn;
  if (again) next.count += e.deaths.count;
  return next;
}

}  // namespace weir::runtime
