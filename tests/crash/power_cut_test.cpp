// The power fails under load: a file system loses everything that was not synced, and the next run on what is left must still come to the right result, with
// every line that was shown. That this can fail is shown too, by taking away the syncs of the journal or of the sink.
#include "tests/crash/kill_loop.hpp"
#include "tests/crash/mounted.hpp"

using namespace weir::test;

namespace {

enum class verdict : std::uint8_t { right, wrong };

struct outage {
  scenario what;
  std::string mount_options = {};
  std::vector<std::pair<std::string, std::string>> shim = {};  ///< Environment of operators/disk-shim.c.
  int cuts = 3;
};

bool includes(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

/// Under load, at a random moment after something was put out. Gives the lines that the outputs held before.
std::vector<std::string> cut_power_once(const site& at, int rate, const mounted& disk, moments& random) {
  first_output output(at);
  folder_watch watch(at.out());
  process run(at.command(rate));
  if (!watch.wait_until(run, [&] { return output.seen(); })) return {};
  (void)run.ends_within(random.within(std::chrono::milliseconds(250)));
  std::vector<std::string> shown = at.lines();
  disk.cut_power();
  run.signal(SIGKILL);
  (void)run.wait();
  disk.remount();
  return shown;
}

verdict cut_power_and_compare(outage o, std::string& why) {
  moments random;
  o.what.rate /= 4;  // So that no run ends by itself before the last cut, however busy the machine is.
  const workspace place;
  std::filesystem::create_directory(place / "undisturbed");
  const site undisturbed(o.what, place / "undisturbed");
  REQUIRE(undisturbed.run() == 0);

  if (!o.shim.empty()) {
    o.what.environment.emplace_back("LD_PRELOAD", CRASH_MODULES "/libdisk-shim.so");
    o.what.environment.insert(o.what.environment.end(), o.shim.begin(), o.shim.end());
  }
  const mounted disk = mounted::ext4(place, "192M", o.mount_options);
  const site disturbed(o.what, disk.path());
  ::sync();  // What the scenario itself consists of is not what a power cut may take.
  std::vector<std::vector<std::string>> shown;
  for (int cut = 0; cut < o.cuts; ++cut) shown.push_back(cut_power_once(disturbed, o.what.rate, disk, random));
  const int status = disturbed.run();
  why = "WEIR_CRASH_SEED=" + std::to_string(random.seed()) + ", exit status " + std::to_string(status) + "\n" + disturbed.complaints();
  const std::vector<std::string> lines = disturbed.lines();
  bool right = status == 0 && disturbed.result() == undisturbed.result();
  for (const auto& then : shown) {
    right = right && includes(lines, then);
    if (then.empty()) why += "a run ended before it put anything out\n";
    right = right && !then.empty();
  }
  return right ? verdict::right : verdict::wrong;
}

bool skipped() {
  if (cannot_mount()) WARN("skipped: " << *cannot_mount());
  return cannot_mount().has_value();
}

}  // namespace

TEST_CASE("a power cut takes nothing that was shown, and the next run goes on", "[crash][power]") {
  if (skipped()) return;
  const std::string options = GENERATE("", "data=journal");
  const scenario s = GENERATE(word_count(2), numbered_lines(), flights(3));
  std::string why;
  const verdict v = cut_power_and_compare({.what = s, .mount_options = options}, why);
  INFO("mount options: " << options << "\n" << why);
  CHECK(v == verdict::right);
}

#ifndef WEIR_SANITIZED  // A sanitizer's runtime must come before anything that is preloaded.

TEST_CASE("a power cut takes nothing that was shown where writes past the page cache are not to be had", "[crash][power]") {
  if (skipped()) return;
  std::string why;
  const verdict v = cut_power_and_compare({.what = numbered_lines(), .shim = {{"DISK_SHIM_BUFFERED", "1"}}}, why);
  INFO(why);
  CHECK(v == verdict::right);
}

TEST_CASE("the power-cut test notices a file-sink that does not sync", "[crash][power]") {
  if (skipped()) return;
  std::string why;
  verdict v = verdict::right;
  for (int attempt = 0; attempt < 5 && v == verdict::right; ++attempt)
    v = cut_power_and_compare({.what = numbered_lines(), .shim = {{"DISK_SHIM_UNSYNCED", "/out/"}}}, why);
  CHECK(v == verdict::wrong);
}

TEST_CASE("the power-cut test notices a journal that does not sync", "[crash][power]") {
  if (skipped()) return;
  std::string why;
  verdict v = verdict::right;
  for (int attempt = 0; attempt < 5 && v == verdict::right; ++attempt)
    v = cut_power_and_compare({.what = numbered_lines(), .shim = {{"DISK_SHIM_BUFFERED", "1"}, {"DISK_SHIM_UNSYNCED_WRITES", "/journal/"}}}, why);
  CHECK(v == verdict::wrong);
}

#endif
