// Requests for every route that a server has, at random: valid ones, and such as are wrong in their path, query, headers or body, but not as HTTP, so that each
// must be answered; and whether an answer is one that docs/control.md allows.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/control/router.hpp"

namespace weir::test {

/// What requests are made of, beside what is wrong.
struct request_parts {
  std::map<std::string, std::vector<std::string>> names;   ///< By what a route's pattern calls them, like "{t}".
  std::map<std::string, std::vector<std::string>> params;  ///< Values by name.
  std::map<std::string, std::vector<std::string>> bodies;  ///< By a route's pattern; those of routes without any are empty.
};

struct random_request {
  std::string bytes;  ///< All of it; the connection is to be closed behind the answer.
  std::string route;  ///< That it means to reach, like "GET /healthz"; the verb may be wrong all the same.
};

class random_requests {
 public:
  random_requests(const runtime::router& routes, request_parts parts, std::uint64_t seed) : routes_(routes), parts_(std::move(parts)), random_(seed) {}

  random_request operator()() {
    const runtime::route& r = routes_.routes()[below(routes_.routes().size())];
    const runtime::http_verb verb = one_in(20) ? static_cast<runtime::http_verb>(below(3)) : r.verb;
    const std::string name = std::string(runtime::verb_name(r.verb)) + " " + r.pattern;
    return {std::string(runtime::verb_name(verb)) + " " + path(r.pattern) + query(r) + " HTTP/1.1\r\n" + headers() + framed(body(r)), name};
  }

 private:
  using json = nlohmann::json;

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& any_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  std::string random_bytes(std::size_t most) {
    std::string bytes(below(most + 1), '\0');
    for (char& c : bytes) c = static_cast<char>(below(256));
    return bytes;
  }

  /// A value as no one means it, fit for a path or a query.
  std::string odd_text() {
    static const std::vector<std::string> odd{"",    "%",   "%zz", "%00", "..", "%2F", "%2e%2e%2f", "-1", "0", "18446744073709551616", "1e9", "null", "{t}",
                                              "a=b", "1:2", "?",   "\"",  "'",  ";",   "*",         "ms", "~"};
    switch (below(8)) {
      case 0: return runtime::percent_encoded(random_bytes(20));
      case 1: return std::string(below(one_in(4) ? 5000 : 300), 'x');
      default: return any_of(odd);
    }
  }

  std::string path(const std::string& pattern) {
    std::string all;
    for (std::size_t begin = 1; begin <= pattern.size();) {
      const std::size_t end = std::min(pattern.find('/', begin), pattern.size());
      const std::string segment = pattern.substr(begin, end - begin);
      const auto known = parts_.names.find(segment);
      all += '/' + (one_in(30) ? odd_text() : known == parts_.names.end() ? segment : runtime::percent_encoded(any_of(known->second)));
      begin = end + 1;
    }
    return one_in(100) ? all + '/' : all;
  }

  std::string query(const runtime::route& r) {
    std::string all;
    const auto add = [&](const std::string& name, const std::string& value) { all += (all.empty() ? '?' : '&') + name + '=' + value; };
    for (const std::string& name : r.params) {
      if (one_in(2)) continue;
      const auto known = parts_.params.find(name);
      add(name, one_in(6) || known == parts_.params.end() ? odd_text() : runtime::percent_encoded(any_of(known->second)));
      if (one_in(40)) add(name, odd_text());
    }
    if (one_in(20)) add(odd_text(), odd_text());
    return all;
  }

  std::string headers() {
    static const std::vector<std::string> some{"Accept: text/html",
                                               "Content-Type: text/plain; charset=latin1",
                                               "Content-Type: application/json",
                                               "Cookie: a=b",
                                               "Authorization: Bearer 0123456789abcdef0123",
                                               "Accept-Encoding: gzip",
                                               "If-None-Match: *",
                                               "Range: bytes=0-1",
                                               "X-Empty:",
                                               "Host: weir"};
    std::string all = "Connection: close\r\n";
    for (std::size_t n = below(4); n > 0; --n) all += any_of(some) + "\r\n";
    if (one_in(30)) all += "X-Long: " + std::string(below(20'000), 'h') + "\r\n";
    return all;
  }

  /// With its length told, or in chunks.
  std::string framed(const std::string& text) {
    if (!one_in(4)) return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    std::string all = "Transfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < text.size();) {
      const std::string part = text.substr(at, 1 + below(100));
      char size[20];
      std::snprintf(size, sizeof size, "%zx\r\n", part.size());
      all += size + part + "\r\n";
      at += part.size();
    }
    return all + "0\r\n\r\n";
  }

  std::string body(const runtime::route& r) {
    const auto known = parts_.bodies.find(r.pattern);
    if (one_in(15)) return random_bytes(100);
    if (one_in(50)) return std::string(below(2000), '[');
    if (known == parts_.bodies.end() || r.verb == runtime::http_verb::get) return "";
    const std::string& text = any_of(known->second);
    json j = json::parse(text, nullptr, false);
    if (j.is_discarded() || !one_in(3)) return text;
    spoil(j);
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
  }

  /// One value somewhere becomes another, or goes, or has company.
  void spoil(json& j) {
    if (j.is_structured() && !j.empty() && !one_in(4)) {
      auto at = j.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(below(j.size())));
      if (one_in(8))
        j.erase(at);
      else
        spoil(*at);
    } else if (j.is_object() && one_in(2)) {
      j[odd_text()] = odd_value();
    } else {
      j = odd_value();
    }
  }

  json odd_value() {
    static const std::vector<json> odd{nullptr,  true,          false,         0, -1, 1.5, 1e300, UINT64_MAX, INT64_MIN, "", "1", "/a\nb\x1b[2J",
                                       "\u00e4", json::array(), json::object()};
    return one_in(4) ? json(odd_text()) : any_of(odd);
  }

  const runtime::router& routes_;
  request_parts parts_;
  std::mt19937_64 random_;
};

/// One whole answer, taken apart.
struct any_answer {
  unsigned status = 0;
  std::map<std::string, std::string> headers;
  std::string body;
  std::string fault;  ///< Why this is no answer, or none that is documented; empty: it is one.
};

/// Whether an error says what docs/control.md has it say, with the right status.
inline std::string error_fault(const any_answer& a) {
  static const std::map<unsigned, std::vector<std::string>> documented{{400, {"usage"}},
                                                                       {404, {"usage"}},
                                                                       {405, {"usage"}},
                                                                       {409, {"refused", "rolled_back"}},
                                                                       {413, {"usage"}},
                                                                       {414, {"usage"}},
                                                                       {431, {"usage"}},
                                                                       {500, {"failed", "corrupt", "no_space"}},
                                                                       {503, {"unreachable", "failed"}}};
  const auto codes = documented.find(a.status);
  if (codes == documented.end()) return "no documented status";
  const nlohmann::json j = nlohmann::json::parse(a.body, nullptr, false);
  if (!j.is_object() || j.size() != 2 || !j.value("error", nlohmann::json()).is_string() || !j.value("code", nlohmann::json()).is_string())
    return "not {error, code}";
  const auto line = j["error"].get<std::string>();
  if (line.empty() || line.find('\n') != std::string::npos) return "the error is not one line";
  if (std::find(codes->second.begin(), codes->second.end(), j["code"].get<std::string>()) == codes->second.end()) return "the code does not go with the status";
  if (a.status == 503 && a.headers.count("Retry-After") == 0) return "no Retry-After";
  if (a.status == 405 && a.headers.count("Allow") == 0) return "no Allow";
  return "";
}

inline any_answer read_answer(std::string_view bytes) {
  any_answer a;
  const auto fault = [&](const char* why) {
    a.fault = why;
    return a;
  };
  const std::size_t end = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || bytes.size() < 13 || bytes[12] != ' ' || end == std::string_view::npos) return fault("no HTTP");
  a.status = static_cast<unsigned>(std::atoi(std::string(bytes.substr(9, 3)).c_str()));
  for (std::size_t at = bytes.find("\r\n"); at < end;) {
    const std::size_t next = bytes.find("\r\n", at + 2);
    const std::string_view line = bytes.substr(at + 2, next - at - 2);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return fault("a header without a value");
    a.headers[std::string(line.substr(0, colon))] = line.substr(colon + 2);
    at = next;
  }
  a.body = bytes.substr(end + 4);
  if (a.headers["Content-Length"] != std::to_string(a.body.size())) return fault("another length than it says");
  if (a.headers["Content-Type"] == "application/json" && nlohmann::json::parse(a.body, nullptr, false).is_discarded()) return fault("no JSON");
  if (a.status != 200) a.fault = error_fault(a);
  return a;
}

}  // namespace weir::test
