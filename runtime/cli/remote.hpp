// What commands that talk to a node share: where it is, asking it, and what it says when something is wrong. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "runtime/cli/commands.hpp"
#include "runtime/control/http_message.hpp"

namespace weir::cli {

using runtime::http_verb;

struct remote_options {
  std::string node;        ///< A socket, a data directory or HOST:PORT; empty: WEIR_NODE, else ./weir-data.
  std::string token_file;  ///< Empty: WEIR_TOKEN_FILE, if that is set.
  output_format format = output_format::table;
};

/// `--node`, `--token-file` and `-o`.
void add_remote(CLI::App& command, remote_options& o);

/// Whatever the node answers; error_code::unreachable where none does or the connection breaks.
result<runtime::http_response> answer_of(const remote_options& o, http_verb verb, const std::string& target, const std::string& body = "");
/// What an answer of status 300 and above says.
error error_of(const runtime::http_response& answered);
/// The answer's text, of a status below 300; else what the node said, as the error it was there.
result<std::string> ask(const remote_options& o, http_verb verb, const std::string& target, const std::string& body = "");
/// The same as JSON.
result<nlohmann::ordered_json> ask_json(const remote_options& o, http_verb verb, const std::string& target, const std::string& body = "");

/// TOPOLOGY or TOPOLOGY/OPERATOR as a path of the API.
result<std::string> target_path(const std::string& target);
/// The same of TOPOLOGY/OPERATOR only.
result<std::string> operator_path(const std::string& target);

/// Who is at work here, for the history.
std::string user();

void print_json(const nlohmann::ordered_json& j);

}  // namespace weir::cli
