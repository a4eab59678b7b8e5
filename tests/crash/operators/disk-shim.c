/* Preloaded into a weir process, this takes away what a disk must do, so that a test can show that it would notice:
 *   DISK_SHIM_BUFFERED         where set, files cannot be opened with O_DIRECT
 *   DISK_SHIM_UNSYNCED         files whose path holds this text are never synced by fsync and fdatasync, though the calls say so
 *   DISK_SHIM_UNSYNCED_WRITES  the same for writes behind a file's first block that should be synced themselves (RWF_DSYNC) */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int is_named(int number, const char* variable) {
  char link[64];
  char path[4096];
  const char* part = getenv(variable);
  snprintf(link, sizeof link, "/proc/self/fd/%d", number);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (part == NULL || size < 0) return 0;
  path[size] = '\0';
  return strstr(path, part) != NULL;
}

static int opened(const char* path, int flags, mode_t mode) {
  if ((flags & O_DIRECT) != 0 && getenv("DISK_SHIM_BUFFERED") != NULL) {
    errno = EINVAL;
    return -1;
  }
  return openat(AT_FDCWD, path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return opened(path, flags, mode);
}

int fsync(int number) {
  int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return is_named(number, "DISK_SHIM_UNSYNCED") ? 0 : real(number);
}

int fdatasync(int number) {
  int (*const real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return is_named(number, "DISK_SHIM_UNSYNCED") ? 0 : real(number);
}

ssize_t pwritev2(int number, const struct iovec* pieces, int count, off_t offset, int flags) {
  ssize_t (*const real)(int, const struct iovec*, int, off_t, int) = (ssize_t(*)(int, const struct iovec*, int, off_t, int))dlsym(RTLD_NEXT, "pwritev2");
  return real(number, pieces, count, offset, offset >= 4096 && is_named(number, "DISK_SHIM_UNSYNCED_WRITES") ? flags & ~(RWF_DSYNC | RWF_SYNC) : flags);
}

ssize_t pwritev64v2(int number, const struct iovec* pieces, int count, off64_t offset, int flags) { return pwritev2(number, pieces, count, offset, flags); }
