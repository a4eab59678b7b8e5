#include "runtime/seam/simulated_files.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <functional>

#include "runtime/seam/posix_file.hpp"
#include "runtime/seam/simulated_file.hpp"

namespace weir::runtime {

struct simulated_files::directory_change {
  enum class kind : std::uint8_t { create, remove, rename } what;
  std::string path;
  std::string to;                 ///< rename
  std::shared_ptr<inode> target;  ///< create
  const std::string& place() const { return what == kind::rename ? to : path; }
};

namespace {

class simulated_lock final : public directory_lock {
 public:
  explicit simulated_lock(std::function<void()> release) : release_(std::move(release)) {}
  ~simulated_lock() override { release_(); }

 private:
  std::function<void()> release_;
};

}  // namespace

simulated_files::simulated_files() : directories_{"/", "."} {}
simulated_files::~simulated_files() = default;

std::string simulated_files::normal(const std::string& path) {
  std::string text = std::filesystem::path(path).lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text.empty() ? "." : text;
}

std::string simulated_files::parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool simulated_files::is_directory(const std::string& path) const { return directories_.contains(path); }

simulated_files::verdict simulated_files::enter(file_call call) {
  if (down_) return {EIO, false};
  const std::uint64_t number = ++calls_[call];
  const bool changes = call != file_call::read && call != file_call::lock;
  if (changes && ++changes_ == power_fails_at_) {
    down_ = true;
    return {EIO, true};
  }
  for (auto f = faults_.begin(); f != faults_.end(); ++f) {
    if (f->call != call || f->at != number) continue;
    const int error_number = f->error_number;
    faults_.erase(f);
    return {error_number, false};
  }
  return {};
}

std::uint64_t simulated_files::calls(file_call of) const {
  const auto found = calls_.find(of);
  return found == calls_.end() ? 0 : found->second;
}

void simulated_files::fail_call(file_call call, std::uint64_t nth, int error_number) { faults_.push_back({call, calls_[call] + nth, error_number}); }

result<std::unique_ptr<file>> simulated_files::open(const std::string& given, open_mode mode) {
  const std::string path = normal(given);
  const auto found = cached_.find(path);
  const bool present = found != cached_.end();
  // Opening what is there changes nothing, so that no power cut is counted for it; creating does.
  const bool creates = !present && (mode == open_mode::write || mode == open_mode::create_new);
  const auto v = creates ? enter(file_call::open) : verdict{down_ ? EIO : 0, false};
  const char* what = creates ? "create" : "open";
  if (v.error_number != 0 && !v.only_cached) return system_error_at(v.error_number, what, path);
  if (is_directory(path)) return system_error_at(EISDIR, what, path);
  if (present && mode == open_mode::create_new) return system_error_at(EEXIST, "create", path);
  if (!present && (!creates || !is_directory(parent_of(path)))) return system_error_at(ENOENT, what, path);
  if (present) return std::unique_ptr<file>(std::make_unique<simulated_file>(*this, found->second, path));
  auto target = std::make_shared<inode>();
  pending_.push_back({directory_change::kind::create, path, {}, target});
  apply_to(cached_, pending_.back());
  if (v.error_number != 0) return system_error_at(v.error_number, what, path);
  return std::unique_ptr<file>(std::make_unique<simulated_file>(*this, target, path));
}

void simulated_files::apply_to(std::map<std::string, std::shared_ptr<inode>>& entries, const directory_change& change) const {
  switch (change.what) {
    case directory_change::kind::create: entries[change.path] = change.target; break;
    case directory_change::kind::remove: entries.erase(change.path); break;
    case directory_change::kind::rename:
      if (const auto found = entries.find(change.path); found != entries.end()) {
        entries[change.to] = found->second;
        entries.erase(change.path);
      }
      break;
  }
}

result<void> simulated_files::rename(const std::string& from, const std::string& to) {
  const auto v = enter(file_call::rename);
  const std::string source = normal(from);
  const std::string target = normal(to);
  int number = v.only_cached ? 0 : v.error_number;
  if (number == 0 && (!cached_.contains(source) || !is_directory(parent_of(target)))) number = ENOENT;
  if (number != 0) return system_error_at(number, "rename", source + " to " + target);
  pending_.push_back({directory_change::kind::rename, source, target, nullptr});
  apply_to(cached_, pending_.back());
  if (v.only_cached) return system_error_at(v.error_number, "rename", source + " to " + target);
  return {};
}

result<void> simulated_files::remove(const std::string& given) {
  const auto v = enter(file_call::remove);
  const std::string path = normal(given);
  int number = v.only_cached ? 0 : v.error_number;
  if (number == 0 && !cached_.contains(path)) number = ENOENT;
  if (number != 0) return system_error_at(number, "remove", path);
  pending_.push_back({directory_change::kind::remove, path, {}, nullptr});
  apply_to(cached_, pending_.back());
  if (v.only_cached) return system_error_at(v.error_number, "remove", path);
  return {};
}

result<void> simulated_files::make_directory(const std::string& given) {
  std::string path = normal(given);
  if (is_directory(path)) return {};
  const auto v = enter(file_call::make_directory);
  if (v.error_number != 0) return system_error_at(v.error_number, "make the directory", path);
  if (cached_.contains(path)) return system_error_at(ENOTDIR, "make the directory", path);
  for (; !is_directory(path); path = parent_of(path)) directories_.insert(path);
  return {};
}

result<void> simulated_files::sync_directory(const std::string& given) {
  const std::string path = normal(given);
  const auto v = enter(file_call::sync_directory);
  if (v.error_number != 0) return system_error_at(v.error_number, "sync the directory", path);
  if (!is_directory(path)) return system_error_at(ENOENT, "open the directory", path);
  std::vector<directory_change> left;
  for (auto& change : pending_) {
    if (parent_of(change.place()) == path) {
      apply_to(durable_, change);
    } else {
      left.push_back(std::move(change));
    }
  }
  pending_ = std::move(left);
  return {};
}

result<std::vector<std::string>> simulated_files::list(const std::string& given) {
  const std::string directory = normal(given);
  if (down_) return system_error_at(EIO, "list the directory", directory);
  if (!is_directory(directory)) return system_error_at(ENOENT, "list the directory", directory);
  std::set<std::string> names;
  const auto add = [&](const std::string& path) {
    if (path != directory && parent_of(path) == directory) names.insert(path.substr(path.rfind('/') + 1));
  };
  for (const auto& [path, target] : cached_) add(path);
  for (const auto& path : directories_) add(path);
  names.erase(".");
  return std::vector<std::string>(names.begin(), names.end());
}

result<std::vector<std::string>> simulated_files::glob(const std::string& given) {
  const std::string pattern = normal(given);
  if (down_) return system_error_at(EIO, "expand", pattern);
  std::vector<std::string> paths;
  for (const auto& [path, target] : cached_) {
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) paths.push_back(path);
  }
  return paths;
}

bool simulated_files::exists(const std::string& path) { return !down_ && (cached_.contains(normal(path)) || is_directory(normal(path))); }

result<std::uint64_t> simulated_files::free_bytes(const std::string& given) {
  const std::string directory = normal(given);
  if (down_ || !is_directory(directory)) return system_error_at(down_ ? EIO : ENOENT, "look at the file system of", directory);
  return capacity_ - std::min(capacity_, used_bytes());
}

result<std::unique_ptr<directory_lock>> simulated_files::lock(const std::string& given) {
  const std::string directory = normal(given);
  const auto v = enter(file_call::lock);
  if (v.error_number != 0) return system_error_at(v.error_number, "lock", directory);
  if (!is_directory(directory)) return system_error_at(ENOENT, "lock", directory);
  if (!locked_.insert(directory).second) {
    return error{error_code::refused, "directory " + directory + " is in use by process 1; stop it or choose another directory"};
  }
  put(directory + "/lock", "1\n");
  const std::uint64_t life = life_;
  return std::unique_ptr<directory_lock>(std::make_unique<simulated_lock>([this, directory, life] {
    if (life == life_) locked_.erase(directory);
  }));
}

void simulated_files::crash(random_source& random) {
  const std::uint64_t mood = random.next() % 4;
  const std::uint8_t bias = mood == 0 ? 0 : mood == 1 ? 255 : static_cast<std::uint8_t>(random.next());
  std::map<std::string, std::uint64_t> pending_in;
  for (const auto& change : pending_) ++pending_in[parent_of(change.place())];
  for (auto& [directory, count] : pending_in) count = random.next() % (count + 1);
  for (const auto& change : pending_) {
    std::uint64_t& left = pending_in[parent_of(change.place())];
    if (left == 0) continue;
    --left;
    apply_to(durable_, change);
  }
  pending_.clear();
  std::set<inode*> done;
  for (const auto& [path, target] : durable_) {
    if (done.insert(target.get()).second) target->crash(random, bias);
  }
  cached_ = durable_;
  kill();
}

void simulated_files::kill() {
  ++life_;
  locked_.clear();
  faults_.clear();
  power_fails_at_ = 0;
  down_ = false;
}

void simulated_files::put(const std::string& given, std::string_view content) {
  const std::string path = normal(given);
  auto& target = cached_[path];
  if (!target) target = std::make_shared<inode>();
  target->durable = content;
  target->cached = content;
  target->dirty.clear();
  durable_[path] = target;
  std::erase_if(pending_, [&](const directory_change& c) { return c.path == path || c.to == path; });
}

std::string simulated_files::content(const std::string& path) const {
  const auto found = cached_.find(normal(path));
  return found == cached_.end() ? std::string() : found->second->cached;
}

std::uint64_t simulated_files::used_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& [path, target] : cached_) sum += target->cached.size();
  return sum;
}

}  // namespace weir::runtime
