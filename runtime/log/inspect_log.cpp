#include "runtime/log/inspect.hpp"

namespace weir::runtime {

namespace {

/// Takes the log's part of a snapshot into the image; a damaged one is not taken at all.
result<log_image> read_from_snapshot(files& fs, const std::string& path, std::uint64_t log) {
  auto opened = snapshot_reader::open(fs, path);
  if (!opened) return opened.why();
  snapshot_reader& reader = **opened;
  log_image image;
  bool wanted = false;
  while (true) {
    const auto more = reader.next();
    if (!more) return more.why();
    if (!*more) return image;
    if (reader.at_log()) {
      wanted = reader.head().log == log;
      if (wanted) static_cast<log_head&>(image) = reader.head();
    } else if (wanted && reader.kind() == section_kind::states) {
      image.states.apply(reader.item());
    } else if (wanted) {
      image.timers.apply(reader.item());
    }
  }
}

}  // namespace

result<log_image> read_log(files& fs, const std::string& directory, std::uint64_t log) {
  const auto checkpoints = read_checkpoints(fs, directory);
  if (!checkpoints) return checkpoints.why();
  log_image image;
  image.log = log;
  for (const checkpoint& c : checkpoints->valid) {
    if (c.snapshot.sequence == 0) continue;
    auto taken = read_from_snapshot(fs, snapshot_path(directory, c.snapshot.sequence), log);
    if (!taken) continue;
    image = std::move(*taken);
    break;
  }
  inspect_filter filter;
  filter.log = log;
  filter.from_lsn = image.lsn + 1;
  const auto read = inspect_data(fs, directory, filter, [&](const inspected_frame& f) {
    if (f.content) image.apply(*f.content);
    return true;
  });
  if (!read) return read.why();
  return image;
}

}  // namespace weir::runtime
