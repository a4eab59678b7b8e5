#include "tests/crash/scenario.hpp"

#include <map>

namespace weir::test {

namespace {

const std::filesystem::path source_folder = WEIR_SOURCE_DIR;

std::string example_manifest(const std::string& name, const std::string& path_line) {
  return replaced(read_text(source_folder / "examples" / name / "topology.yaml"), path_line, "path: ${INPUT}\n      rate: ${RATE}");
}

/// Every partition's numbers must be 1, 2, 3 … in the order of the file; then the lines count, whoever numbered them.
std::vector<std::string> lines_numbered_densely(std::vector<std::string> lines) {
  std::map<std::string, std::uint64_t> last;
  for (std::string& line : lines) {
    const std::size_t partition_end = line.find(' ');
    const std::size_t number_end = line.find(' ', partition_end + 1);
    if (number_end == std::string::npos) return {"not numbered: " + line};
    const std::string number = std::to_string(++last[line.substr(0, partition_end)]);
    if (line.substr(partition_end + 1, number_end - partition_end - 1) != number) return {"expected number " + number + ": " + line};
    line.erase(0, number_end + 1);
  }
  return sorted(std::move(lines));
}

}  // namespace

scenario word_count(int parallelism) {
  return {.manifest = example_manifest("word_count", "path: ${INPUT:-data/opticks.txt}"),
          .environment = {{"INPUT", source_folder / "examples/word_count/data/opticks.txt"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/word_count"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"counts.csv"},
          .rate = 3000};
}

scenario flights(int parallelism) {
  return {.manifest = example_manifest("flights", "path: ${INPUT:-../data/flights.ndjson}"),
          .environment = {{"INPUT", source_folder / "examples/data/flights.ndjson"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/flights"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"board.csv"},
          .rate = 12000};
}

scenario sessions(int parallelism) {
  return {.manifest = example_manifest("sessions", "path: ${INPUT:-data/clicks.ndjson}"),
          .environment = {{"INPUT", source_folder / "examples/sessions/data/clicks.ndjson"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/sessions"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"sessions.csv", "late.ndjson"},
          .rate = 3000};
}

scenario earthquakes(int parallelism) {
  return {.manifest = example_manifest("earthquakes", "path: ${INPUT:-../data/earthquakes.ndjson}"),
          .environment = {{"INPUT", source_folder / "examples/data/earthquakes.ndjson"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/earthquakes"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"strongest.csv", "alerts.csv"},
          .rate = 1200};
}

scenario fraud(int parallelism) {
  return {.manifest = example_manifest("fraud", "path: ${INPUT:-data/transactions.ndjson}"),
          .environment = {{"INPUT", source_folder / "examples/fraud/data/transactions.ndjson"},
                          {"RULES", source_folder / "examples/fraud/data/rules.ndjson"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/fraud"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"alerts.csv"},
          .rate = 3000};
}

scenario c_operator(int parallelism) {
  return {.manifest = example_manifest("c_operator", "path: ${INPUT:-../data/flights.ndjson}"),
          .environment = {{"INPUT", source_folder / "examples/data/flights.ndjson"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/c_operator"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"longest.csv"},
          .rate = 12000};
}

scenario enrich(int parallelism) {
  return {.manifest = example_manifest("enrich", "path: ${INPUT:-data/orders.ndjson}"),
          .environment = {{"INPUT", source_folder / "examples/enrich/data/orders.ndjson"},
                          {"CUSTOMERS", source_folder / "examples/enrich/data/customers.ndjson"},
                          {"BUILD", WEIR_BUILD_DIR "/examples/enrich"},
                          {"PARALLELISM", std::to_string(parallelism)}},
          .outputs = {"enriched.csv", "unmatched.csv"},
          .rate = 600};
}

std::vector<std::string> bad_flights(std::size_t count) {
  std::vector<std::string> bad;
  for (std::size_t i = 0; i < count; ++i) bad.push_back("no flight, number " + std::to_string(i));
  return bad;
}

scenario flights_with_dead_letters(int parallelism, const workspace& place) {
  scenario s = flights(parallelism);
  const std::vector<std::string> good = lines_of(read_text(source_folder / "examples/data/flights.ndjson"));
  const std::vector<std::string> bad = bad_flights(good.size() / 100);
  std::string input;
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (i % 100 == 50) input += bad[i / 100] + '\n';
    input += good[i] + '\n';
  }
  write_text(place / "flights.ndjson", input);
  s.environment[0].second = place / "flights.ndjson";
  s.manifest += R"(
  - name: letters
    artifact: )" CRASH_OPERATORS R"(
    class: letter_text
    istreams: {letters: flights.parse.dead-letters}
    ostreams: {texts: flights-letters}

  - name: letter-file
    uses: file-sink
    istreams: {records: flights-letters}
    with: {path: "${OUT}/letters.txt"}
)";
  s.outputs.push_back("letters.txt");
  return s;
}

scenario numbered_lines() {
  return {.manifest = R"(manifest: 1
topology: numbers
operators:
  - name: lines
    uses: file-source
    ostreams: {lines: text-lines}
    with: {path: "${INPUT}", rate: "${RATE}"}
  - name: numbering
    artifact: )" CRASH_OPERATORS R"(
    class: numbering
    parallelism: 3
    istreams: {lines: text-lines}
    ostreams: {numbered: text-numbered}
  - name: table
    uses: file-sink
    istreams: {records: text-numbered}
    with: {path: "${OUT}/numbered.txt"}
)",
          .environment = {{"INPUT", source_folder / "examples/word_count/data/opticks.txt"}},
          .outputs = {"numbered.txt"},
          .rate = 3000,
          .essence = lines_numbered_densely};
}

scenario slow_sink(int records) {
  return {.manifest = R"(manifest: 1
topology: slow
operators:
  - name: load
    uses: generator
    ostreams: {records: slow-records}
    with: {keys: 1000, value_bytes: 1KiB, count: "${RECORDS}", seed: 7}
  - name: sink
    artifact: )" CRASH_OPERATORS R"(
    class: slow_sink
    istreams: {records: slow-records}
    with: {path: "${OUT}/slow.txt", records_per_ms: 10}
)",
          .environment = {{"RECORDS", std::to_string(records)}},
          .outputs = {"slow.txt"}};
}

site::site(const scenario& s, std::filesystem::path folder) : scenario_(s), folder_(std::move(folder)) {
  std::filesystem::create_directories(out());
  write_text(folder_ / "topology.yaml", s.manifest);
}

process_options site::command(int rate) const {
  process_options o{.command = {WEIR_BINARY, "run", (folder_ / "topology.yaml").string(), "--data", (folder_ / "data").string(), "-o", "json"},
                    .environment = scenario_.environment,
                    .folder = folder_,
                    .out = folder_ / "stdout",
                    .err = folder_ / "stderr"};
  o.command.insert(o.command.end(), scenario_.options.begin(), scenario_.options.end());
  o.environment.emplace_back("OUT", out().string());
  o.environment.emplace_back("RATE", std::to_string(rate));
  o.environment.emplace_back("WEIR_OPERATORS", WEIR_OPERATORS);
  return o;
}

std::vector<std::uint64_t> site::output_sizes() const {
  std::vector<std::uint64_t> sizes;
  for (const std::string& name : scenario_.outputs) sizes.push_back(size_of(out() / name));
  return sizes;
}

std::vector<std::string> site::lines() const {
  std::vector<std::string> all;
  for (const std::string& name : scenario_.outputs) {
    std::string text = read_text(out() / name);
    text.resize(text.rfind('\n') + 1);  // 0 where there is none.
    for (std::string& line : lines_of(text)) all.push_back(std::move(line));
  }
  return sorted(std::move(all));
}

std::vector<std::vector<std::string>> site::result() const {
  std::vector<std::vector<std::string>> all;
  for (const std::string& name : scenario_.outputs) all.push_back(scenario_.essence(lines_of(read_text(out() / name))));
  return all;
}

bool first_output::seen() {
  const std::vector<std::uint64_t> now = site_.output_sizes();
  bool grown = false;
  for (std::size_t i = 0; i < now.size(); ++i) {
    grown = grown || now[i] > lowest_[i];
    lowest_[i] = std::min(lowest_[i], now[i]);
  }
  return grown;
}

}  // namespace weir::test
