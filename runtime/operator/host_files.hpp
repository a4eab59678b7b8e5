// The file functions of weir_host over the seam's files: what a blocking operator reads and writes, a simulation can crash and replay.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <weir/abi.h>

#include "runtime/seam/files.hpp"

namespace weir::runtime {

/// `FilesOf(context)` finds the file system, `Refuse(context, text)` records why a call fails.
template <auto FilesOf, auto Refuse>
struct host_files {
  static file& of(weir_file* f) noexcept { return *reinterpret_cast<file*>(f); }

  template <class Result>
  static std::int32_t done(weir_context* c, const Result& r) {
    return r.ok() ? 0 : Refuse(c, r.why().message);
  }

  static std::int32_t open(weir_context* c, const char* path, std::size_t size, std::uint32_t mode, weir_file** out) {
    files& all = FilesOf(c);
    const std::string name(path, size);
    auto opened = all.open(name, mode == WEIR_FILE_WRITE ? open_mode::write : open_mode::read);
    if (!opened) return Refuse(c, opened.why().message);
    if (mode == WEIR_FILE_WRITE) {  // Also where it exists: a process that was killed may have made it and not come to this.
      const auto slash = name.rfind('/');
      const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : name.substr(0, slash);
      if (const auto synced = all.sync_directory(directory); !synced) return Refuse(c, synced.why().message);
    }
    *out = reinterpret_cast<weir_file*>(std::move(opened).value().release());
    return 0;
  }
  static std::int32_t read(weir_context* c, weir_file* f, std::uint64_t offset, char* data, std::size_t size, std::size_t* got) {
    const auto r = of(f).read(offset, data, size);
    if (r.ok()) *got = r.value();
    return done(c, r);
  }
  static std::int32_t write(weir_context* c, weir_file* f, std::uint64_t offset, const char* data, std::size_t size) {
    return done(c, of(f).write(offset, {data, size}));
  }
  static std::int32_t sync(weir_context* c, weir_file* f) { return done(c, of(f).sync()); }
  static std::int32_t truncate(weir_context* c, weir_file* f, std::uint64_t size) { return done(c, of(f).truncate(size)); }
  static std::int32_t size(weir_context* c, weir_file* f, std::uint64_t* out) {
    const auto r = of(f).size();
    if (r.ok()) *out = r.value();
    return done(c, r);
  }
  static void close(weir_context*, weir_file* f) { std::unique_ptr<file>(&of(f)).reset(); }
  static std::int32_t glob(weir_context* c, const char* pattern, std::size_t size, weir_visit visit, void* user) {
    const auto paths = FilesOf(c).glob({pattern, size});
    if (!paths) return Refuse(c, paths.why().message);
    for (const std::string& p : *paths)
      if (visit(user, p.data(), p.size(), nullptr, 0) == 0) break;
    return 0;
  }
  static std::int32_t standard_output(weir_context* c, const char* data, std::size_t size) {
    for (std::size_t written = 0; written < size;) {
      const ssize_t n = ::write(STDOUT_FILENO, data + written, size - written);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Refuse(c, std::string("standard output: ") + std::strerror(errno));
      written += static_cast<std::size_t>(n);
    }
    return 0;
  }
};

}  // namespace weir::runtime
