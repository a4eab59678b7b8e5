#include "runtime/control/bearer_token.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "runtime/control/listener.hpp"

namespace weir::runtime {

namespace {

constexpr std::size_t token_bytes_min = 16;
constexpr std::size_t token_bytes_max = 256;
constexpr std::string_view scheme = "bearer ";

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

result<std::string> read_token(const std::string& path) {
  const std::string make_one = fmt::format("make one with: (umask 077; openssl rand -hex 32 > {})", path);
  const auto unusable = [&](const std::string& why) { return error{error_code::usage, fmt::format("--token-file {}: {}; {}", path, why, make_one)}; };
  const owned_descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) return unusable(std::strerror(errno));
  if (!S_ISREG(about.st_mode)) return unusable("it is not a file");
  if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return error{error_code::usage, fmt::format("--token-file {}: others than its owner may use it; chmod 600 {}", path, path)};
  std::array<char, 4096> bytes{};
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  if (got < 0) return unusable(std::strerror(errno));
  std::string_view line(bytes.data(), static_cast<std::size_t>(got));
  line = line.substr(0, line.find('\n'));
  constexpr std::string_view blanks = " \t\r";
  while (!line.empty() && blanks.find(line.front()) != std::string_view::npos) line.remove_prefix(1);
  while (!line.empty() && blanks.find(line.back()) != std::string_view::npos) line.remove_suffix(1);
  if (line.size() < token_bytes_min || line.size() > token_bytes_max)
    return unusable(fmt::format("its first line has {} characters, a token has {} to {}", line.size(), token_bytes_min, token_bytes_max));
  if (!std::all_of(line.begin(), line.end(), [](char c) { return c > ' ' && c < 0x7f; })) return unusable("a token is made of visible ASCII characters");
  return std::string(line);
}

bool shows_token(std::string_view authorization, std::string_view token) noexcept {
  if (authorization.size() < scheme.size()) return false;
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if (lower(authorization[i]) != scheme[i]) return false;
  const std::string_view shown = authorization.substr(scheme.size());
  if (token.empty()) return false;
  // volatile: the compiler may not end the loop where the answer is known.
  volatile unsigned differs = shown.size() == token.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) differs = differs | static_cast<unsigned char>(shown[i] ^ token[i % token.size()]);
  return differs == 0;
}

}  // namespace weir::runtime
