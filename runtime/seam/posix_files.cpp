#include <dirent.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "runtime/seam/posix_file.hpp"

namespace weir::runtime {
namespace {

descriptor open_continued(const char* path, int flags) {
  int number = -1;
  do number = ::open(path, flags | O_CLOEXEC, 0644);
  while (number < 0 && errno == EINTR);
  return descriptor(number);
}

/// The lock file's text is the holder's process id, for the message others get; the lock itself is the kernel's and ends with the process.
class posix_lock final : public directory_lock {
 public:
  explicit posix_lock(descriptor number) : number_(std::move(number)) {}

 private:
  descriptor number_;
};

std::string holder_of(int number) {
  char text[32] = {};
  const ssize_t n = ::pread(number, text, sizeof text - 1, 0);
  std::string holder(text, n > 0 ? static_cast<std::size_t>(n) : 0);
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  return holder.empty() ? "another process" : "process " + holder;
}

class posix_files final : public files {
 public:
  result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override {
    if (mode == open_mode::direct) {
      descriptor number = open_continued(path.c_str(), O_RDWR | O_DIRECT);
      if (number.get() >= 0) return make_posix_file(std::move(number), path, true);
      if (errno != EINVAL) return system_error_at(errno, "open", path);
    }
    int flags = O_RDWR;
    const char* what = "open";
    if (mode == open_mode::read) flags = O_RDONLY;
    if (mode == open_mode::write) flags |= O_CREAT;
    if (mode == open_mode::create_new) {
      flags |= O_CREAT | O_EXCL;
      what = "create";
    }
    descriptor number = open_continued(path.c_str(), flags);
    if (number.get() < 0) return system_error_at(errno, what, path);
    return make_posix_file(std::move(number), path, false);
  }

  result<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_error_at(errno, "rename", from + " to " + to);
    return {};
  }

  result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) == 0) return {};
    // A directory is removed too, when it is empty.
    if (errno == EISDIR && ::rmdir(path.c_str()) == 0) return {};
    return system_error_at(errno, "remove", path);
  }

  result<void> make_directory(const std::string& path) override {
    if (path.empty() || path == "/") return {};
    struct stat s {};
    if (::stat(path.c_str(), &s) == 0) {
      if (S_ISDIR(s.st_mode)) return {};
      return system_error_at(ENOTDIR, "make the directory", path);
    }
    const std::string parent = parent_of(path);
    if (auto made = make_directory(parent); !made) return made;
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return system_error_at(errno, "make the directory", path);
    return sync_directory(parent);
  }

  result<void> sync_directory(const std::string& path) override {
    descriptor number = open_continued(path.c_str(), O_RDONLY | O_DIRECTORY);
    if (number.get() < 0) return system_error_at(errno, "open the directory", path);
    int status = 0;
    do status = ::fsync(number.get());
    while (status != 0 && errno == EINTR);
    if (status != 0) return system_error_at(errno, "sync the directory", path);
    return {};
  }

  result<std::vector<std::string>> list(const std::string& directory) override {
    DIR* opened = ::opendir(directory.c_str());
    if (!opened) return system_error_at(errno, "list the directory", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(opened)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    const int failure = errno;
    ::closedir(opened);
    if (failure != 0) return system_error_at(failure, "list the directory", directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  result<std::vector<std::string>> glob(const std::string& pattern) override {
    glob_t found{};
    const int status = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_ERR, nullptr, &found);
    std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (status != 0 && status != GLOB_NOMATCH) return error{error_code::failed, "cannot expand " + pattern + ": a directory on the way cannot be read"};
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  bool exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  result<std::uint64_t> free_bytes(const std::string& directory) override {
    struct statvfs s {};
    if (::statvfs(directory.c_str(), &s) != 0) return system_error_at(errno, "look at the file system of", directory);
    return std::uint64_t{s.f_bavail} * s.f_frsize;
  }

  result<std::unique_ptr<directory_lock>> lock(const std::string& directory) override {
    const std::string path = directory + "/lock";
    descriptor number = open_continued(path.c_str(), O_RDWR | O_CREAT);
    if (number.get() < 0) return system_error_at(errno, "open", path);
    int status = 0;
    do status = ::flock(number.get(), LOCK_EX | LOCK_NB);
    while (status != 0 && errno == EINTR);
    if (status != 0 && errno == EWOULDBLOCK) {
      return error{error_code::refused, "directory " + directory + " is in use by " + holder_of(number.get()) + "; stop it or choose another directory"};
    }
    if (status != 0) return system_error_at(errno, "lock", path);
    char text[32];
    const int size = std::snprintf(text, sizeof text, "%d\n", ::getpid());
    if (::ftruncate(number.get(), 0) != 0 || ::pwrite(number.get(), text, static_cast<std::size_t>(size), 0) != size) {
      return system_error_at(errno, "write", path);
    }
    return std::unique_ptr<directory_lock>(std::make_unique<posix_lock>(std::move(number)));
  }

 private:
  static std::string parent_of(std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }
};

}  // namespace

std::unique_ptr<files> make_system_files() { return std::make_unique<posix_files>(); }

}  // namespace weir::runtime
