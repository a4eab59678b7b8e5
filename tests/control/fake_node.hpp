// A node that only remembers what it was told, with one topology `copy` of two operators, and what refuses on demand.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/node/node_commands.hpp"
#include "topology/names.hpp"

namespace weir::test {

class fake_node final : public runtime::node_commands {
 public:
  using target = runtime::command_target;

  result<runtime::difference> submit(std::span<const runtime::manifest_source> manifests, const runtime::submit_options& options) override {
    for (const auto& m : manifests)
      hear("submit " + m.file + (options.dry_run ? " dry" : "") + (options.override_all ? " override" : "") + " variables " +
           std::to_string(m.variables.size()));
    if (during_submit) during_submit();
    if (manifests[0].text == "bad") return error{error_code::usage, "t.yaml:1:1: expected a map; begin with 'manifest: 1'"};
    return runtime::difference{{runtime::change_kind::create, "copy", "lines", "it is new"}, {runtime::change_kind::unchanged, "copy", "table", ""}};
  }
  result<std::string> get(const std::string& topology) const override { return "manifest: 1\ntopology: " + topology + "\n"; }
  std::vector<std::string> list() const override { return {"copy"}; }
  result<void> stop(const target& what, const runtime::stop_options& o) override {
    return told("stop " + name(what) + " within " + std::to_string(o.drain_timeout_ns));
  }
  result<void> start(const target& what) override { return told("start " + name(what)); }
  result<void> pause(const target& what) override { return told("pause " + name(what)); }
  result<void> resume(const target& what, const runtime::resume_options& o) override { return told("resume " + name(what) + (o.skip_record ? " skip" : "")); }
  result<void> remove(const std::string& topology, const runtime::stop_options&) override {
    hear("remove " + topology);
    return error{error_code::refused, "others subscribe to 'copy-lines'; remove them first"};
  }
  result<runtime::deploy_report> deploy(const target& what, const std::string& artifact, const runtime::deploy_options& o) override {
    hear("deploy " + name(what) + " " + artifact + (o.dry_run ? " dry" : "") + " on trial for " + std::to_string(o.probation_ns) + " class '" + o.class_name +
         "' by " + o.by);
    return runtime::deploy_report{.generation = 2, .pauses_ns = {100, 200}};
  }
  result<runtime::deploy_report> rollback(const target& what, std::optional<std::uint32_t> to, const std::string& by) override {
    hear("rollback " + name(what) + " to " + (to ? std::to_string(*to) : "before") + " by " + by);
    return error{error_code::refused, "operator 'copy/lines': there is no earlier generation to go back to"};
  }
  result<runtime::deployment_history> history(const target&) const override {
    return runtime::deployment_history{{{.generation = 2, .kind = "deploy", .by = "ann", .code = {.artifact = "/b.so", .class_name = "b"}}}, 7};
  }
  result<runtime::publish_receipt> publish_to(const std::string& stream, runtime::publish_batch batch) override {
    std::string text = "publish " + stream + " " + batch.producer + " from " + std::to_string(batch.first);
    for (const auto& r : batch.records)
      text += " [" + std::string(batch.key(r)) + "=" + std::string(batch.value(r)) +
              (r.time == runtime::publish_record::no_time ? "" : "@" + std::to_string(r.time)) + "]";
    hear(text);
    if (stream == "clikcs") return error{error_code::usage, "no stream 'clikcs'; did you mean 'clicks'?"};
    if (stream == "copy-lines") return error{error_code::refused, "stream 'copy-lines' is written by operator 'copy/lines'"};
    if (stream == "full") return error{error_code::unreachable, "external stream 'full' takes no more for now; try again later"};
    return runtime::publish_receipt{.records = batch.records.size(), .repeated = batch.first > 1 ? 1u : 0u};
  }
  runtime::node_status status() const override { return shown; }
  std::vector<runtime::stream_status> streams() const override { return shown_streams; }
  result<runtime::read_page> read_stream(const std::string& stream, const runtime::read_request& what) const override {
    const std::lock_guard lock(mutex_);
    heard_.push_back("read " + stream + " up to " + std::to_string(what.records_max));
    if (stream != "copy-lines") return error{error_code::usage, "no stream " + topology::quoted(stream) + "; there is copy-lines"};
    reads.push_back(what);
    runtime::read_page page = pages.front();
    if (pages.size() > 1) pages.pop_front();
    return page;
  }
  result<runtime::log_lines> lines(const target& what, std::uint64_t from) const override {
    if (what.name != "lines") return error{error_code::usage, "no such operator"};
    return said.read(from);
  }
  result<runtime::state_answer> look_at_state(const target& what, const runtime::state_question& q) override {
    hear("look at " + q.state + " of " + name(what) + " key '" + q.key + "'" + (q.subkey ? " sub-key '" + *q.subkey + "'" : "") +
         (q.partition ? " in " + std::to_string(*q.partition) : "") + " at most " + std::to_string(q.values_max));
    return held;
  }
  result<runtime::dead_letters_page> dead_letters(const target& what, const runtime::read_request& request) const override {
    const std::lock_guard lock(mutex_);
    heard_.push_back("letters of " + name(what));
    reads.push_back(request);
    return letters;
  }
  result<std::uint64_t> drop_dead_letters(const target& what, std::span<const runtime::record_position> which) override {
    hear("drop " + std::to_string(which.size()) + " letters of " + name(what));
    return std::max<std::uint64_t>(which.size(), 1);
  }
  result<runtime::replay_report> replay_dead_letters(const target& what) override {
    hear("replay letters of " + name(what));
    return replayed;
  }

  std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

  runtime::node_status shown = some_status();
  runtime::operator_log said;  ///< By copy/lines.
  runtime::state_answer held;
  std::function<void()> during_submit;  ///< On the lane.
  std::vector<runtime::stream_status> shown_streams{
      {.name = "copy-lines", .topology = "copy", .producer = "lines", .partitions = {{0, 1, 3, 9}}, .subscribers = {"copy/table"}}};
  mutable std::deque<runtime::read_page> pages{1};  ///< One after another; the last stays.
  mutable std::vector<runtime::read_request> reads;
  runtime::dead_letters_page letters;
  result<runtime::replay_report> replayed = runtime::replay_report{.replayed = 5, .failed_again = 2};

 private:
  static std::string name(const target& what) { return what.name.empty() ? what.topology : what.topology + "/" + what.name; }
  void hear(const std::string& what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(what);
  }
  result<void> told(const std::string& what) {
    hear(what);
    return {};
  }
  static runtime::node_status some_status() {
    runtime::node_status s;
    s.epoch = 3;
    s.journal.frames = 17;
    s.journal.disk_free_bytes = 1000;
    runtime::partition_status p;
    p.records_in = 5;
    p.watermark = 1'500'000'000;
    p.inputs.push_back({.producer = "copy/lines", .log = 1, .lsn = 4});
    runtime::topology_status t{.name = "copy"};
    t.operators.push_back({.name = "lines", .class_name = "file_source", .code = "file-source", .version = "1", .partitions = {p}});
    t.operators.push_back({.name = "table", .class_name = "file_sink", .code = "file-sink", .version = "1", .partitions = {p, p}});
    t.operators[1].partitions[1].partition = 1;
    s.topologies.push_back(t);
    return s;
  }

  mutable std::mutex mutex_;
  mutable std::vector<std::string> heard_;
};

}  // namespace weir::test
