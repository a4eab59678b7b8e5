#include "tests/simulation/world.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <optional>

#include "topology/manifest.hpp"
#include "topology/plan.hpp"

namespace weir::simulation {

using runtime::run_state;

namespace {

constexpr std::uint64_t turns_max = 3'000'000;  ///< A process that has not ended by then never will.
constexpr const char* data_directory = "/data";
constexpr std::uint64_t look_ns[] = {1, 200, 5'000, 100'000};  ///< What a look at the clock may take; a step has 200 µs.

/// Independent streams of numbers from one seed.
std::uint64_t derive(std::uint64_t seed, std::uint64_t stream) { return runtime::seeded_random(seed ^ (stream << 56)).next(); }

/// Loaded once, since modules are never unloaded.
runtime::module_set& modules() {
  static runtime::module_set loaded(WEIR_OPERATORS);
  return loaded;
}

}  // namespace

encounters& encounters::operator+=(const encounters& o) noexcept {
  interruptions += o.interruptions;
  interrupted_boots += o.interrupted_boots;
  torn_tails += o.torn_tails;
  snapshots += o.snapshots;
  recycled_segments += o.recycled_segments;
  dead_letters += o.dead_letters;
  return *this;
}

world::world(const scenario& what, std::uint64_t seed, world_options options)
    : what_(what),
      options_(std::move(options)),
      schedule_(derive(seed, 1)),
      weather_(derive(seed, 2)),
      random_(derive(seed, 3)),
      clock_(derive(seed, 4), look_ns[derive(seed, 5) % std::size(look_ns)]) {}

world::~world() { bury(interruption::kill); }

std::map<std::string, std::string> world::data() {
  std::map<std::string, std::string> found;
  std::vector<std::string> waiting{data_directory};
  while (!waiting.empty()) {
    const std::string directory = waiting.back();
    waiting.pop_back();
    const auto names = disk_.list(directory);
    if (!names) continue;
    for (const std::string& name : *names) {
      const std::string path = directory + '/' + name;
      if (disk_.list(path))
        waiting.push_back(path);
      else
        found[path] = disk_.content(path);
    }
  }
  return found;
}

error world::wrong(const std::string& what) const {
  std::string text = fmt::format("{}, process {}, turn {}: {}", what_.name, lives_, turns_, what);
  for (const std::string& line : said_) text += "\n  it said: " + line;
  return {error_code::failed, text};
}

/// Small limits make a small run meet what a large one would: full frames, lost credit, laggards, recycled segments.
void world::draw_limits() {
  const auto one_of = [this](std::initializer_list<std::uint64_t> all) { return all.begin()[up_to(all.size() - 1)]; };
  core_weight_ = static_cast<std::uint32_t>(one_of({1, 4, 16}));
  worker_weight_ = static_cast<std::uint32_t>(one_of({1, 4, 16}));
  journal_weight_ = static_cast<std::uint32_t>(one_of({1, 4, 16}));
  background_weight_ = static_cast<std::uint32_t>(one_of({1, 4}));
  auto& o = node_options_;
  o.journal.directory = data_directory;
  o.journal.segment_bytes = one_of({64 << 10, 128 << 10, 512 << 10});
  o.journal.journal_bytes_max = 8 * o.journal.segment_bytes;
  o.journal.page_bytes = static_cast<std::uint32_t>(one_of({16 << 10, 64 << 10, 1 << 20}));
  o.steps.frame_bytes_target = one_of({2 << 10, 8 << 10, 16 << 10});
  o.steps.records_per_look = static_cast<std::uint32_t>(one_of({4, 32, 256}));
  o.logs.credit_bytes = one_of({4 << 10, 64 << 10, 2 << 20});
  o.logs.lag_bytes_max = one_of({16 << 10, 256 << 10, 64 << 20});
  o.logs.backlog_bytes_max = one_of({1, 64 << 10, 8 << 20});
  o.logs.tail_bytes_max = one_of({1, 32 << 10, 8 << 20});
  o.logs.read_bytes = one_of({4 << 10, 1 << 20});
  o.say = [this](int level, const std::string& text) {
    trace("said: " + text);
    if (level >= WEIR_LEVEL_WARNING) said_.push_back(text);
  };
  o.fatal = [this](const error& why) { fatal_ = why.message; };
}

result<void> world::prepare() {
  draw_limits();
  const std::string example = std::string(WEIR_SOURCE_DIR) + "/examples/" + what_.name;
  const std::uint64_t parallelism = 1 + up_to(3);
  const std::map<std::string, std::string> variables{{"INPUT", "/in/part-*.txt"},
                                                     {"OUT", "/out"},
                                                     {"BUILD", std::string(WEIR_BUILD_DIR) + "/examples/" + what_.name},
                                                     {"PARALLELISM", std::to_string(what_.inlined.empty() ? parallelism : 1)}};
  auto manifest = topology::read_manifest(example + "/topology.yaml", [&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
  if (!manifest) return manifest.why();
  if (!what_.inlined.empty()) manifest.value().streams[what_.inlined].persist = false;
  std::vector<int> cores(1 + up_to(2));
  for (std::size_t i = 0; i < cores.size(); ++i) cores[i] = static_cast<int>(i);
  auto plan = topology::make_plan({&manifest.value(), 1}, modules().lookup(), cores);
  if (!plan) return plan.why();
  plan_ = std::move(plan).value();
  for (const char* directory : {"/in", "/out"})
    if (const auto made = disk_.make_directory(directory); !made) return made.why();
  for (const auto& [path, content] : what_.input) disk_.put(path, content);
  return {};
}

result<void> world::run() {
  if (const auto prepared = prepare(); !prepared) return prepared.why();
  const std::uint64_t wanted = options_.interruptions_max == 0 ? 0 : 1 + weather_.next() % static_cast<std::uint64_t>(options_.interruptions_max);
  for (std::uint64_t i = 0; i <= wanted; ++i) {
    const interruption how = i == wanted ? interruption::none : static_cast<interruption>(1 + weather_.next() % static_cast<int>(interruption::drain));
    const auto ended = live(how);
    if (!ended) return ended.why();
    if (*ended) break;
    ++met_.interruptions;
  }
  // What has ended is durable.
  disk_.crash(weather_);
  return {};
}

result<bool> world::live(interruption how) {
  ++lives_;
  said_.clear();
  fatal_.clear();
  // Often early: what happens while a node boots is rare in a run's length.
  const auto somewhere = [this](std::uint64_t length) {
    const std::uint64_t shift = weather_.next() % 2 == 0 ? 0 : weather_.next() % 8;
    return 1 + weather_.next() % std::max<std::uint64_t>(1, length >> shift);
  };
  const std::uint64_t turns = somewhere(options_.length.turns);
  const std::uint64_t changes = somewhere(options_.length.changes);
  const std::uint64_t pages = somewhere(options_.length.pages);
  files_ = std::make_unique<process_files>(disk_, options_.forgets_syncs_of);
  files_->before_page([this, last = how == interruption::power_cut_in_page || how == interruption::kill_in_page ? pages_ + pages : UINT64_MAX] {
    if (++pages_ == last) disk_.lose_power_in(1);
  });
  if (how == interruption::power_cut_in_call || how == interruption::kill_in_call) disk_.lose_power_in(changes);
  const bool by_turn = how == interruption::power_cut || how == interruption::kill || how == interruption::drain;
  const auto booted = boot();
  auto ended = booted ? go_on(how, by_turn ? turns_ + turns : UINT64_MAX) : result<bool>(wrong("cannot start: " + booted.why().message));
  if (disk_.down()) ended = false;
  if (disk_.down() && !booted) ++met_.interrupted_boots;
  bury(how);
  return ended;
}

result<void> world::boot() {
  workers_ = std::make_unique<simulated_workers>();
  page_filled_ = {};
  journal_idle_ = background_idle_ = false;
  auto started = runtime::node::start(plan_, modules(), {files_.get(), &clock_, &random_, workers_.get(), false}, node_options_);
  if (!started) return started.why();
  node_ = std::move(started).value();
  if (node_->recovered().cut_bytes > 0) ++met_.torn_tails;
  const std::uint64_t here = node_->log().statistics().durable_sequence;
  if (here <= durable_) return error{error_code::corrupt, fmt::format("sequence {} of the journal was durable before, now {} is the last", durable_, here)};
  return {};
}

result<bool> world::go_on(interruption how, std::uint64_t until) {
  const std::uint64_t last = turns_ + turns_max;
  bool drained = false;
  while (!disk_.down()) {
    if (turns_ >= until && how == interruption::drain && !std::exchange(drained, true)) node_->drain();
    if (turns_ >= until && how != interruption::drain) return false;
    if (++turns_ >= last) return wrong("it does not end");
    const bool moved = turn();
    look_();
    durable_ = std::max(durable_, node_->log().statistics().durable_sequence);
    if (disk_.down()) break;
    if (!fatal_.empty()) return wrong("the node ended: " + fatal_);
    if (const auto why = node_->failures(); !why.empty()) return wrong("a partition stopped: " + why.front().message);
    switch (node_->state()) {
      case run_state::ended: return true;
      case run_state::drained: return false;
      case run_state::failed: return wrong("the node failed");
      case run_state::running: break;
    }
    if (!moved) return wrong("nothing moves, and no timer is set");
  }
  return false;
}

void world::bury(interruption how) {
  if (files_) files_->die();
  if (node_) {
    const runtime::node_progress progress = node_->progress();
    met_.snapshots += progress.journal.snapshots;
    met_.dead_letters += progress.dead_letters;
    const std::uint64_t newest = progress.journal.bytes / node_options_.journal.segment_bytes;
    met_.recycled_segments += newest - std::min(newest, progress.journal.segments);
    node_->quit_actors();
    for (bool ran = true; ran;) {
      ran = false;
      for (const auto& c : node_->cores())
        while (c->run_one()) ran = true;
    }
  }
  node_.reset();
  workers_.reset();
  files_.reset();
  if (how == interruption::power_cut || how == interruption::power_cut_in_call || how == interruption::power_cut_in_page)
    disk_.crash(weather_);
  else
    disk_.kill();
}

}  // namespace weir::simulation
