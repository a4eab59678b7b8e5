// The file functions of weir_host over memory_files, and the table of all functions.
#pragma once

#include <weir/abi.h>
#include <weir/test/host_functions.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace weir::testing {

struct host_file_functions : host_functions {
  struct open_file {
    std::string path;
    std::uint32_t mode;
    std::shared_ptr<memory_files::content> content;
  };
  static open_file& opened(weir_file* file) noexcept { return *reinterpret_cast<open_file*>(file); }

  static std::int32_t usable(host& h) {
    return h.metadata.blocking != 0 ? 0 : h.refuse("files and standard output may wait: declare .blocking = true in metadata()");
  }

  static std::int32_t file_open(weir_context* raw, const char* path, std::size_t size, std::uint32_t mode, weir_file** file) {
    host& h = of(raw);
    if (usable(h) != 0) return 1;
    const std::string name(path, size);
    auto content = mode == WEIR_FILE_WRITE ? h.files.make(name) : h.files.open(name);
    if (!content) return h.refuse(name + ": no such file");
    *file = reinterpret_cast<weir_file*>(new open_file{name, mode, std::move(content)});
    return 0;
  }
  static std::int32_t file_read(weir_context*, weir_file* file, std::uint64_t offset, char* data, std::size_t size, std::size_t* read) {
    const std::string& bytes = opened(file).content->data;
    *read = offset < bytes.size() ? std::min<std::size_t>(size, bytes.size() - offset) : 0;
    if (*read != 0) std::memcpy(data, bytes.data() + offset, *read);
    return 0;
  }
  static std::int32_t writable(weir_context* raw, weir_file* file) {
    return opened(file).mode == WEIR_FILE_WRITE ? 0 : of(raw).refuse(opened(file).path + ": it is open for reading only");
  }
  static std::int32_t file_write(weir_context* raw, weir_file* file, std::uint64_t offset, const char* data, std::size_t size) {
    if (writable(raw, file) != 0) return 1;
    std::string& bytes = opened(file).content->data;
    if (bytes.size() < offset + size) bytes.resize(offset + size);
    bytes.replace(offset, size, data, size);
    return 0;
  }
  static std::int32_t file_sync(weir_context* raw, weir_file* file) {
    if (writable(raw, file) != 0) return 1;
    opened(file).content->synced = opened(file).content->data;
    return 0;
  }
  static std::int32_t file_truncate(weir_context* raw, weir_file* file, std::uint64_t size) {
    if (writable(raw, file) != 0) return 1;
    opened(file).content->data.resize(size);
    return 0;
  }
  static std::int32_t file_size(weir_context*, weir_file* file, std::uint64_t* size) {
    *size = opened(file).content->data.size();
    return 0;
  }
  static void file_close(weir_context*, weir_file* file) { delete &opened(file); }
  static std::int32_t file_glob(weir_context* raw, const char* pattern, std::size_t size, weir_visit visit, void* user) {
    host& h = of(raw);
    if (usable(h) != 0) return 1;
    for (const std::string& path : h.files.glob({pattern, size})) {
      if (visit(user, path.data(), path.size(), nullptr, 0) == 0) break;
    }
    return 0;
  }
  static std::int32_t standard_output(weir_context* raw, const char* data, std::size_t size) {
    host& h = of(raw);
    if (usable(h) != 0) return 1;
    h.standard_output.append(data, size);
    return 0;
  }
};

inline const weir_host& host_table() noexcept {
  using f = host_file_functions;
  static const weir_host table{sizeof(weir_host), &f::grow,         &f::find,           &f::at,
                               &f::put,           &f::erase,        &f::for_each,       &f::timer_set,
                               &f::timer_cancel,  &f::now,          &f::emit_watermark, &f::mark_idle,
                               &f::idle_timeout,  &f::when_durable, &f::waker,          &f::config,
                               &f::log,           &f::counter_add,  &f::gauge_set,      &f::file_open,
                               &f::file_read,     &f::file_write,   &f::file_sync,      &f::file_truncate,
                               &f::file_size,     &f::file_close,   &f::file_glob,      &f::standard_output};
  return table;
}

}  // namespace weir::testing
