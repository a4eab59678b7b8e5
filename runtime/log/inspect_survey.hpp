// One pass over a data directory's journal for `weir data`: every frame that is there and every place where one should be and is not. Behind inspect.hpp.
#pragma once

#include <functional>
#include <vector>

#include "runtime/log/inspect.hpp"
#include "runtime/log/recovery_order.hpp"
#include "runtime/log/recovery_tail.hpp"

namespace weir::runtime {

class data_survey {
 public:
  /// Told of every frame, filler and mark in order; the walk stands on it. False ends the survey.
  using visitor = std::function<bool(const segment& in, segment_walk& walk)>;

  static result<data_survey> open(files& fs, const std::string& directory);
  /// Once.
  result<void> run(const visitor& visit);

  const journal_meta& meta() const noexcept { return meta_; }
  const std::vector<segment_ptr>& segments() const noexcept { return segments_; }
  const std::vector<data_problem>& problems() const noexcept { return problems_; }
  const frame_order& order() const noexcept { return order_; }
  std::uint64_t torn_bytes() const noexcept { return torn_bytes_; }
  std::uint64_t free_files() const noexcept { return free_files_; }
  const std::vector<std::string>& torn_files() const noexcept { return torn_files_; }

 private:
  data_survey(files& fs, std::string directory) : files_(fs), directory_(std::move(directory)) {}
  result<void> open_segments();
  result<bool> still_there(const segment& s) const;
  /// What a walk does next.
  enum class then : std::uint8_t { next_segment, again, skip, stop };
  result<then> walk(std::size_t index, std::uint64_t& offset, const visitor& visit);
  result<then> judge(std::size_t index, const segment_walk& walk, std::uint64_t& offset);
  void problem(const segment& s, std::uint64_t offset, std::string what);
  void lose_track();

  files& files_;
  std::string directory_;
  journal_meta meta_;
  std::vector<segment_ptr> segments_;
  std::vector<data_problem> problems_;
  std::vector<std::string> torn_files_;
  std::uint64_t free_files_ = 0;
  std::uint64_t torn_bytes_ = 0;
  std::uint64_t looked_again_at_ = 0;  ///< The address of a bad place that was read twice.
  frame_order order_;
};

}  // namespace weir::runtime
