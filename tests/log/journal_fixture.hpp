// What the journal's tests share: a simulated machine with a journal, frames with something in them, and a listener that remembers.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/log/journal.hpp"
#include "runtime/seam/simulated_clock.hpp"
#include "runtime/seam/simulated_files.hpp"

namespace weir::runtime {

/// A frame of `log` with one state change (state 1, key "k<n>" of a hundred, value that names the LSN), `records` records and one position.
inline frame_ptr make_frame(std::uint64_t log, std::uint64_t lsn, std::uint32_t record_bytes = 0, std::vector<input_position> positions = {},
                            std::uint16_t flags = 0) {
  auto f = make_intrusive<frame>();
  f->flags = flags;
  f->log = log;
  f->lsn = lsn;
  f->positions = std::move(positions);
  change c;
  c.id = 1;
  const std::string key = "k" + std::to_string(lsn % 100);
  const std::string value = std::to_string(log) + "/" + std::to_string(lsn);
  c.key = key;
  c.value = value;
  f->states.add(c);
  if (record_bytes > 0) {
    record_batch b;
    b.reserve(1, record_bytes + 64);
    b.append(static_cast<std::int64_t>(lsn), key, std::string(record_bytes, static_cast<char>('a' + lsn % 26)));
    f->outputs.push_back(std::move(b));
  }
  REQUIRE(f->seal().ok());
  return f;
}

/// Whether a recovered image is the fold of make_frame(log, 1 … lsn).
inline bool is_fold(const log_image& image, std::uint64_t log, std::uint64_t lsn) {
  if (image.lsn != lsn || image.states.cells() != std::min<std::uint64_t>(lsn, 100)) return false;
  for (std::uint64_t n = lsn; n + 100 > lsn && n > 0; --n) {
    const auto value = image.states.find(1, {"k" + std::to_string(n % 100)}, {});
    if (!value || *value != std::to_string(log) + "/" + std::to_string(n)) return false;
  }
  return true;
}

struct remembering_listener final : journal_listener {
  std::map<std::uint64_t, std::uint64_t> durable_lsn;  ///< By log.
  std::uint64_t last_sequence = 0;
  std::uint64_t frames = 0;
  bool in_order = true;
  std::uint64_t freed = 0;
  std::vector<error> waits;
  std::vector<retained_log> retained;
  std::vector<error> failures;

  void durable(std::span<const frame_ptr> of) override {
    for (const frame_ptr& f : of) {
      in_order &= f->sequence > last_sequence && f->lsn > durable_lsn[f->log];
      last_sequence = f->sequence;
      durable_lsn[f->log] = f->lsn;
      ++frames;
    }
  }
  void space_freed() override { ++freed; }
  void waiting_for_disk(const error& why) override { waits.push_back(why); }
  void retained_beyond_limit(const retained_log& what) override { retained.push_back(what); }
  void failed(const error& why) override { failures.push_back(why); }
};

inline journal_options small_options() {
  journal_options o;
  o.directory = "/data";
  o.segment_bytes = 64u << 10;
  o.journal_bytes_max = 16 * o.segment_bytes;
  o.page_bytes = 16u << 10;
  return o;
}

/// A machine whose journal can be started, crashed and started again.
struct machine {
  simulated_files disk;
  simulated_clock time;
  seeded_random random{7};
  journal_options options = small_options();
  std::unique_ptr<journal> log;
  recovered_journal found;
  remembering_listener heard;

  result<void> try_start() {
    log.reset();
    heard = {};
    auto opened = journal::open(disk, time, random, options);
    if (!opened) return opened.why();
    log = std::move(*opened);
    found = log->take_recovered();
    log->set_listener(&heard);
    auto epoch = log->start_epoch(nullptr);
    if (!epoch) return epoch.why();
    return {};
  }
  void start() {
    const auto started = try_start();
    INFO((started.ok() ? std::string() : started.why().message));
    REQUIRE(started.ok());
  }
  std::uint64_t recovered_lsn(std::uint64_t of) const {
    const auto at = found.logs.find(of);
    return at == found.logs.end() ? 0 : at->second.lsn;
  }
  void write_all() {
    while (log->run_once()) {}
  }
  void work_in_background() {
    while (log->run_background_once()) {}
  }
  std::string segment(std::uint64_t number) const {
    return "/data/journal/" + (std::string(16 - std::to_string(number).size(), '0') + std::to_string(number)) + ".seg";
  }
};

}  // namespace weir::runtime
