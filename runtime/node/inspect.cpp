// What a node tells of one operator: the lines of its log, and values of its state, which its actor is asked for between two steps.
#include <fmt/format.h>

#include <algorithm>

#include "runtime/node/node.hpp"
#include "runtime/operator/operator_actor.hpp"
#include "runtime/stream/grouping.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

constexpr std::int64_t answer_timeout_ns = 5'000'000'000;

struct asked_partition {
  const hosted* host = nullptr;
  std::shared_ptr<const partition_description> about;
};

/// Those of the operator, also where it is not the head of its chain.
std::vector<asked_partition> partitions_of(const hosted_table& table, const command_target& what) {
  std::vector<asked_partition> all;
  const auto is_it = [&](const partition_description& d) { return d.topology == what.topology && d.name == what.name; };
  for (const auto& [log, h] : table) {
    if (is_it(*h.about)) all.push_back({&h, h.about});
    for (const inner_operator& inner : h.below)
      if (is_it(*inner.about)) all.push_back({&h, inner.about});
  }
  return all;
}

/// What one partition, as `name`, has of the key.
std::vector<state_value> values_of(const operator_partition& work, const std::string& name, std::uint32_t partition, const state_question& q) {
  std::vector<state_value> all;
  std::uint64_t bytes = 0;
  work.look_at_state(name, {q.state, q.key, q.subkey}, [&](std::uint32_t version, std::string_view subkey, std::string_view value) {
    const bool last = all.size() >= q.values_max || bytes >= state_answer_bytes_max;  // One more than is wanted tells that there are more.
    bytes += subkey.size() + value.size();
    all.push_back({partition, version, std::string(subkey), std::string(value)});
    return !last;
  });
  return all;
}

/// Filled by the partitions' cores, under the node's lock; whoever asked may be gone by then.
struct collected {
  state_answer answer;
  std::uint64_t bytes = 0;
  std::size_t answers = 0;

  void add(std::vector<state_value> values, std::uint32_t values_max) {
    ++answers;
    for (state_value& v : values) {
      answer.more = answer.values.size() >= values_max || bytes >= state_answer_bytes_max;
      if (answer.more) return;
      bytes += v.subkey.size() + v.bytes.size();
      answer.values.push_back(std::move(v));
    }
  }
};

/// The state as declared, or what there is instead.
result<topology::operator_metadata::state> declared_state(const partition_description& about, const std::string& name) {
  const auto found = std::find_if(about.states.begin(), about.states.end(), [&](const auto& s) { return s.name == name; });
  if (found != about.states.end()) return *found;
  std::vector<std::string> known;
  for (const auto& s : about.states) known.push_back(s.name);
  return error{error_code::usage, fmt::format("operator '{}' has no state {}{}", about.key(), topology::quoted(name),
                                              topology::suggestion(name, known, known.empty() ? "; it has none" : "; it has " + topology::listed(known)))};
}

}  // namespace

std::shared_ptr<operator_log> node::lines_of(const std::string& key) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<operator_log>& lines = lines_[key];
  if (!lines) lines = std::make_shared<operator_log>();
  return lines;
}

/// What weir says of a partition; of one in a chain where the text begins with its name.
void node::note_line(std::uint64_t log, int level, const std::string& text) {
  const auto table = hosts();
  const auto found = table->find(log);
  if (found == table->end()) return;
  const partition_description* about = found->second.about.get();
  for (const inner_operator& inner : found->second.below)
    if (text.starts_with(inner.about->key() + " partition ")) about = inner.about.get();
  const std::string name = fmt::format("{} partition {}: ", about->key(), about->partition);
  lines_of(about->key())
      ->add({.at_ns = around_.time->realtime_ns(),
             .level = level,
             .partition = about->partition,
             .from_weir = true,
             .text = text.starts_with(name) ? text.substr(name.size()) : text});
}

result<log_lines> node::lines(const command_target& what, std::uint64_t from) const {
  std::shared_ptr<operator_log> found;
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = lines_.find(what.topology + "/" + what.name); at != lines_.end()) found = at->second;
  }
  if (!found) return error{error_code::usage, fmt::format("there is no operator '{}/{}'", what.topology, what.name)};
  return found->read(from);
}

result<state_answer> node::look_at_state(const command_target& what, const state_question& question) {
  const auto table = hosts();
  std::vector<asked_partition> all = partitions_of(*table, what);
  const std::string key = what.topology + "/" + what.name;
  if (all.empty()) return error{error_code::refused, fmt::format("operator '{}' could not be started, so its state is not at hand; weir status says why", key)};
  const auto declared = declared_state(*all.front().about, question.state);
  if (!declared) return declared.why();
  const auto count = static_cast<std::uint32_t>(all.size());
  if (question.partition && *question.partition >= count)
    return error{error_code::usage, fmt::format("operator '{}' has no partition {}; its highest is {}", key, *question.partition, count - 1)};
  std::optional<std::uint32_t> only = question.partition;
  if (!only && declared->scope == WEIR_STATE_KEYED && all.front().about->by_key) only = slot_table(count).partition_of(key_hash(question.key));
  if (only) std::erase_if(all, [&](const asked_partition& p) { return p.about->partition != *only; });

  const auto into = std::make_shared<collected>();
  into->answer.declared = *declared;
  for (const asked_partition& p : all) into->answer.asked.push_back(p.about->partition);
  for (const asked_partition& p : all) {
    auto m = make_intrusive<look_message>();
    m->look = [this, into, question, key, partition = p.about->partition](const operator_partition& work) {
      auto values = values_of(work, fmt::format("{} partition {}", key, partition), partition, question);
      const std::lock_guard lock(mutex_);
      into->add(std::move(values), question.values_max);
      changed_.notify_all();
    };
    p.host->operator_actor.send(std::move(m));
  }
  if (!await([&] { return into->answers == all.size(); }, answer_timeout_ns))
    return error{error_code::failed,
                 fmt::format("operator '{}' did not come to the end of a step within 5 s; weir status shows what it does; try again later", key)};
  const std::lock_guard lock(mutex_);
  state_answer answer = std::move(into->answer);
  std::stable_sort(answer.values.begin(), answer.values.end(), [](const state_value& l, const state_value& r) { return l.partition < r.partition; });
  return answer;
}

}  // namespace weir::runtime
