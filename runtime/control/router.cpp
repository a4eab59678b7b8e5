#include "runtime/control/router.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "topology/names.hpp"

namespace weir::runtime {

namespace {

error wrong(std::string message) { return {error_code::usage, std::move(message)}; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The names that the segments give to the pattern, or nothing where they do not fit.
std::optional<std::map<std::string, std::string>> match(const std::string& pattern, const std::vector<std::string>& segments) {
  const auto expected = split(pattern, '/');
  if (expected.size() != segments.size()) return std::nullopt;
  std::map<std::string, std::string> names;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::string_view e = expected[i];
    if (e.starts_with('{')) {
      if (segments[i].empty()) return std::nullopt;
      names.emplace(e.substr(1, e.size() - 2), segments[i]);
    } else if (e != segments[i]) {
      return std::nullopt;
    }
  }
  return names;
}

result<std::map<std::string, std::string>> read_query(std::string_view query) {
  std::map<std::string, std::string> params;
  if (query.empty()) return params;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = part.find('=');
    auto name = percent_decoded(part.substr(0, equals));
    auto value = percent_decoded(equals == std::string_view::npos ? "" : part.substr(equals + 1));
    if (!name) return name.why();
    if (!value) return value.why();
    if (!params.emplace(*name, *value).second) return wrong(fmt::format("the query says {} twice; say it once", topology::quoted(*name)));
  }
  return params;
}

}  // namespace

result<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) return wrong(fmt::format("{}: '%' must be followed by two hexadecimal digits", topology::quoted(text)));
    plain += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return plain;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (plain)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

void router::add(route r) { routes_.push_back(std::move(r)); }

routed router::no_route(const std::string& path, std::string allow) const {
  if (!allow.empty()) {
    http_response r = error_response(wrong(fmt::format("{} answers {} only", topology::quoted(path), allow)), 405);
    r.allow = std::move(allow);
    return {.refusal = std::move(r)};
  }
  std::vector<std::string> known;
  for (const route& r : routes_) known.push_back(r.pattern);
  return {.refusal = error_response(
              wrong(fmt::format("nothing is served at {}{}", topology::quoted(path), topology::suggestion(path, known, "; see docs/control.md"))), 404)};
}

routed router::find(http_request& request) const {
  const std::string_view target = request.target;
  if (target.size() > target_bytes_max)
    return {.refusal =
                error_response(wrong(fmt::format("the request's target is {} bytes long, at most {} are allowed", target.size(), target_bytes_max)), 414)};
  const std::size_t question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (!path.starts_with('/')) return {.refusal = error_response(wrong(fmt::format("the target {} must begin with '/'", topology::quoted(path))), 400)};
  std::vector<std::string> segments;
  for (const std::string_view part : split(path, '/')) {
    auto plain = percent_decoded(part);
    if (!plain) return {.refusal = error_response(plain.why())};
    segments.push_back(std::move(*plain));
  }
  auto params = read_query(question == std::string_view::npos ? "" : target.substr(question + 1));
  if (!params) return {.refusal = error_response(params.why())};
  std::string allow;
  for (const route& r : routes_) {
    auto names = match(r.pattern, segments);
    if (!names) continue;
    if (r.verb != request.verb) {
      allow += (allow.empty() ? "" : ", ") + std::string(verb_name(r.verb));
      continue;
    }
    for (const auto& [name, value] : *params) {
      if (std::find(r.params.begin(), r.params.end(), name) != r.params.end()) continue;
      const std::string otherwise = r.params.empty() ? "; it takes none" : "; it takes " + topology::listed(r.params);
      return {.refusal = error_response(
                  wrong(fmt::format("{}: unknown parameter {}{}", r.pattern, topology::quoted(name), topology::suggestion(name, r.params, otherwise))))};
    }
    request.names = std::move(*names);
    request.params = std::move(*params);
    return {.found = &r};
  }
  return no_route(std::string(path), std::move(allow));
}

http_response answer(const route& r, const http_request& request) noexcept {
  try {
    try {
      return r.handle(request);
    } catch (const nlohmann::json::exception& e) {
      return error_response(
          wrong(fmt::format("{} {}: the body is not the JSON that is expected: {}", verb_name(r.verb), r.pattern, topology::quoted(e.what()))));
    } catch (const std::exception& e) {
      return error_response({error_code::failed, fmt::format("{} {}: {}; this is a defect of weir, please report it", verb_name(r.verb), r.pattern, e.what())});
    }
  } catch (...) {  // Not even memory for the message.
    return {.status = 500};
  }
}

}  // namespace weir::runtime
