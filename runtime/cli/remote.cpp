#include "runtime/cli/remote.hpp"

#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/control/bearer_token.hpp"
#include "runtime/control/client.hpp"
#include "runtime/control/listener.hpp"
#include "runtime/control/router.hpp"
#include "topology/names.hpp"

namespace weir::cli {

namespace {

using json = nlohmann::ordered_json;

std::string otherwise(const std::string& given, const char* variable, const char* last) {
  if (!given.empty()) return given;
  const char* const set = std::getenv(variable);
  return set != nullptr && *set != '\0' ? set : last;
}

result<runtime::node_address> address_of(const remote_options& o) {
  runtime::node_address at{otherwise(o.node, "WEIR_NODE", "weir-data"), ""};
  std::error_code ignored;
  const bool tcp = runtime::is_tcp_address(at.address);
  const bool directory = at.address == "weir-data" || std::filesystem::is_directory(at.address, ignored);
  if (!tcp && directory) at.address = (std::filesystem::path(at.address) / "weir.sock").string();
  const std::string token_file = otherwise(o.token_file, "WEIR_TOKEN_FILE", "");
  if (!tcp || token_file.empty()) return at;
  auto token = runtime::read_token(token_file);
  if (!token) return token.why();
  at.token = std::move(*token);
  return at;
}

}  // namespace

error error_of(const runtime::http_response& answered) {
  const json j = json::parse(answered.body, nullptr, false);
  if (!j.is_object() || !j.contains("error") || !j["error"].is_string())
    return {error_code::failed, fmt::format("the node answered {} without saying why; is it of another version?", answered.status)};
  const json code = j.value("code", json());
  return {code.is_string() ? runtime::error_code_of(code.get<std::string>()) : error_code::failed, j["error"].get<std::string>()};
}

result<runtime::http_response> answer_of(const remote_options& o, http_verb verb, const std::string& target, const std::string& body) {
  const auto at = address_of(o);
  if (!at) return at.why();
  return runtime::ask_node(*at, verb, target, body);
}

void add_remote(CLI::App& command, remote_options& o) {
  command.add_option("--node", o.node, "The node: its data directory, its socket, or HOST:PORT; WEIR_NODE or ./weir-data by default")->type_name("ADDRESS");
  command.add_option("--token-file", o.token_file, "What HOST:PORT asks for; WEIR_TOKEN_FILE by default")->type_name("FILE");
  add_output(command, o.format);
}

result<std::string> ask(const remote_options& o, http_verb verb, const std::string& target, const std::string& body) {
  auto answered = answer_of(o, verb, target, body);
  if (!answered) return answered.why();
  if (answered->status >= runtime::first_error_status) return error_of(*answered);
  return std::move(answered->body);
}

result<json> ask_json(const remote_options& o, http_verb verb, const std::string& target, const std::string& body) {
  const auto text = ask(o, verb, target, body);
  if (!text) return text.why();
  json j = json::parse(*text, nullptr, false);
  if (j.is_discarded()) return error{error_code::failed, "the node's answer is no JSON; is it of another version?"};
  return j;
}

result<std::string> target_path(const std::string& target) {
  const std::size_t slash = target.find('/');
  const std::string topology = target.substr(0, slash);
  const std::string op = slash == std::string::npos ? "" : target.substr(slash + 1);
  const bool fine = !topology.empty() && op.find('/') == std::string::npos && (slash == std::string::npos || !op.empty());
  if (!fine) return error{error_code::usage, fmt::format("{} is neither TOPOLOGY nor TOPOLOGY/OPERATOR", topology::quoted(target))};
  std::string path = "/v1/topologies/" + runtime::percent_encoded(topology);
  if (!op.empty()) path += "/operators/" + runtime::percent_encoded(op);
  return path;
}

result<std::string> operator_path(const std::string& target) {
  auto path = target_path(target);
  if (path && target.find('/') == std::string::npos)
    return error{error_code::usage, fmt::format("{} is no TOPOLOGY/OPERATOR; weir list -o json names the operators", topology::quoted(target))};
  return path;
}

std::string user() {
  const passwd* const known = ::getpwuid(::geteuid());
  return known != nullptr ? known->pw_name : std::to_string(::geteuid());
}

void print_json(const json& j) { fmt::print("{}\n", j.dump(-1, ' ', false, json::error_handler_t::replace)); }

}  // namespace weir::cli
