#include "runtime/cli/standard_streams.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace weir::cli {

void open_standard_streams() {
  // The wrong way round for input and output, so that using them is the error that it would have been; messages go to nobody.
  constexpr std::array modes{O_WRONLY, O_RDONLY, O_WRONLY};
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", modes.at(static_cast<std::size_t>(fd))) != fd)
      std::_Exit(EXIT_FAILURE);  // The lowest free one is taken, so that it is this one.
}

void tell(std::string_view text) noexcept {
  if (std::fwrite(text.data(), 1, text.size(), stderr) != text.size()) std::clearerr(stderr);
}

void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) throw std::system_error(errno, std::generic_category(), "standard output");
}

bool output_is_open() {
  pollfd out{STDOUT_FILENO, 0, 0};
  return ::poll(&out, 1, 0) != 1 || (out.revents & POLLERR) == 0;
}

}  // namespace weir::cli
