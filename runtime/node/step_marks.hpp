// The file in a data directory that says which partitions are in a step, mapped to memory: when a process dies, the next one sees whose code it died in.
// Belongs to whoever holds the directory's lock. Commands' thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/node/streams.hpp"
#include "runtime/operator/step_mark.hpp"
#include "topology/result.hpp"

namespace weir::runtime {

/// A step that the last process did not come back from.
struct step_death {
  std::uint64_t log = 0;   ///< The partition's.
  std::string who;         ///< "topology/operator"; empty: not known, as below.
  std::int32_t cause = 0;  ///< A signal's number, step_slot::exit_called, or 0: it was killed, or lost its power, while it was here.
  step_place place = step_place::unknown;
  record_position record;     ///< Where it is one.
  std::int64_t lived_ns = 0;  ///< How long the process lived; 0: not known.
};

class step_marks {
 public:
  explicit step_marks(std::string path) : path_(std::move(path)) {}
  ~step_marks();  ///< The process ends as it should.
  step_marks(const step_marks&) = delete;
  step_marks& operator=(const step_marks&) = delete;

  /// Reads what the last process left, and begins anew.
  result<void> open();
  const std::vector<step_death>& deaths() const noexcept { return deaths_; }
  /// The last process ended as it should, or there was none.
  bool ended_well() const noexcept { return ended_well_; }
  /// A place for that partition; null: there is none left, or the file could not be opened.
  step_slot* take(std::uint64_t log) noexcept;
  void give_back(std::uint64_t log) noexcept;
  /// The process ends at once, but for no operator's fault. Any thread.
  void forgive() noexcept;

 private:
  struct header;
  struct mapping;
  std::string path_;
  mapping* mapped_ = nullptr;  ///< Of the file; unmapped by the destructor.
  std::vector<step_death> deaths_;
  bool ended_well_ = true;
};

}  // namespace weir::runtime
