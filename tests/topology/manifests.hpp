// What the tests of topology/ share: manifests, the classes that they name, and short ways to ask for an error's message.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "topology/manifest.hpp"
#include "topology/plan.hpp"

namespace weir::topology::test {

using variables = std::map<std::string, std::string>;

inline environment environment_of(variables values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

inline result<manifest> parse(const std::string& text, const variables& values = {}) { return parse_manifest(text, "m.yaml", environment_of(values)); }

/// The message that refuses the text, or "accepted".
inline std::string refusal(const std::string& text, const variables& values = {}) {
  auto m = parse(text, values);
  return m ? "accepted" : m.why().message;
}

/// A manifest of one operator `a` with these lines more, each at an operator's indentation (column 5), the first in line 6.
inline std::string with_lines(const std::string& lines) { return "manifest: 1\ntopology: t\noperators:\n  - name: a\n    uses: source\n" + lines; }

/// The same for lines below `streams:`, the first in line 7.
inline std::string with_streams(const std::string& lines) { return with_lines("streams:\n" + lines); }

inline const std::string word_count = R"(manifest: 1
topology: word_count
operators:
  - name: text
    uses: file-source
    with:
      path: ${INPUT:-data/text.txt}
    ostreams: {lines: lines}
  - name: split
    artifact: build/libword_count.so
    class: splitter
    parallelism: ${PARALLELISM:-2}
    istreams: [lines]
    ostreams: [words]
  - name: count
    artifact: build/libword_count.so
    class: word_count
    parallelism: ${PARALLELISM:-2}
  - name: file
    uses: file-sink
    istreams: {records: counts}
    with: {path: "${OUT:-out}/counts.csv"}
)";

inline const std::string flights = R"(manifest: 1
topology: flights
operators:
  - name: input
    uses: file-source
    ostreams: {lines: flights-lines}
    with: {path: "${INPUT:-data/flights.ndjson}", max_delay: 2h}
  - name: parse
    artifact: build/libflights.so
    class: flight_parser
    istreams: {lines: flights-lines}
    ostreams: {parsed: flights-parsed}
    on_error: dead_letter
  - name: board
    artifact: build/libflights.so
    class: delay_board
    parallelism: ${PARALLELISM:-2}
    istreams: {parsed: {stream: flights-parsed}}
    ostreams: {rows: delays}
    with: {late_minutes: 15}
    on_error: dead_letter
  - name: file
    uses: file-sink
    istreams: {records: delays}
    with: {path: "${OUT:-out}/board.csv"}
streams:
  delays: {retain: 24h, compress: lz4}
  flights.parse.dead-letters: {retain: 7d}
)";

using istream = operator_metadata::istream;

inline operator_metadata metadata(const std::string& name, std::vector<istream> istreams, std::vector<std::string> ostreams) {
  operator_metadata m;
  m.class_name = m.name = name;
  m.version = "1";
  m.istreams = std::move(istreams);
  m.ostreams = std::move(ostreams);
  return m;
}

/// The classes that the tests' manifests name, by `uses` or `class`; a test adds its own.
inline std::map<std::string, operator_metadata> known_classes() {
  std::map<std::string, operator_metadata> all;
  auto add = [&](operator_metadata m) { all[m.name] = std::move(m); };
  add(metadata("source", {}, {"out"}));
  add(metadata("pass", {{"in", WEIR_GROUPING_SHUFFLE}}, {"out"}));
  add(metadata("pair", {{"in", WEIR_GROUPING_LOCAL}}, {"out"}));
  add(metadata("join", {{"left", WEIR_GROUPING_GROUP_BY}, {"right", WEIR_GROUPING_BROADCAST}}, {"joined"}));
  add(metadata("sink", {{"in", WEIR_GROUPING_SHUFFLE}}, {}));
  add(metadata("splitter", {{"lines", WEIR_GROUPING_SHUFFLE}}, {"words"}));
  add(metadata("word_count", {{"words", WEIR_GROUPING_GROUP_BY}}, {"counts"}));
  add(metadata("flight_parser", {{"lines", WEIR_GROUPING_SHUFFLE}}, {"parsed"}));
  auto board = metadata("delay_board", {{"parsed", WEIR_GROUPING_GROUP_BY}}, {"rows"});
  board.config = {{"late_minutes", WEIR_TYPE_NUMBER, false, "15", "a flight is late from here on"}};
  add(board);
  auto file_source = metadata("file-source", {}, {"lines"});
  file_source.config = {{"path", WEIR_TYPE_LIST, true, "", "files or globs to read"},
                        {"max_delay", WEIR_TYPE_DURATION, false, "0", "bound of disorder"},
                        {"rate", WEIR_TYPE_NUMBER, false, "0", "lines per second"},
                        {"buffer", WEIR_TYPE_BYTES, false, "1MiB", "bytes to read at once"},
                        {"follow", WEIR_TYPE_BOOLEAN, false, "false", "wait for more lines"}};
  add(file_source);
  auto file_sink = metadata("file-sink", {{"records", WEIR_GROUPING_SHUFFLE}}, {});
  file_sink.delivery = WEIR_DELIVERY_DURABLE;
  file_sink.config = {{"path", WEIR_TYPE_PATH, true, "", "file to write"}};
  add(file_sink);
  return all;
}

inline metadata_lookup lookup_of(std::map<std::string, operator_metadata> classes) {
  return [classes = std::move(classes)](const operator_entry& entry) -> result<operator_metadata> {
    auto found = classes.find(entry.uses.empty() ? entry.class_name : entry.uses);
    if (found == classes.end()) return error{error_code::usage, "no class " + entry.uses + entry.class_name};
    return found->second;
  };
}

inline result<plan> plan_of(const std::vector<std::string>& texts, const std::vector<int>& cores = {0, 1},
                            const std::map<std::string, operator_metadata>& classes = known_classes()) {
  std::vector<manifest> manifests;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto m = parse_manifest(texts[i], "m" + std::to_string(i + 1) + ".yaml", environment_of({}));
    if (!m) return m.why();
    manifests.push_back(std::move(*m));
  }
  return make_plan(manifests, lookup_of(classes), cores);
}

/// The message that refuses the manifests together, or "accepted".
inline std::string plan_refusal(const std::vector<std::string>& texts, const std::vector<int>& cores = {0, 1},
                                const std::map<std::string, operator_metadata>& classes = known_classes()) {
  auto p = plan_of(texts, cores, classes);
  return p ? "accepted" : p.why().message;
}

}  // namespace weir::topology::test
