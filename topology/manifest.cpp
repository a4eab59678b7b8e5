#include "topology/manifest.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <unordered_map>

#include <fmt/format.h>

#include "topology/form_reader.hpp"
#include "topology/names.hpp"
#include "topology/operator_form.hpp"
#include "topology/utf8.hpp"

namespace weir::topology {
namespace {

using form = yaml_node::form;

const std::array<std::string, 4> manifest_keys{"manifest", "topology", "operators", "streams"};
const std::array<std::string, 5> stream_keys{"retain", "compress", "persist", "external", "partitions"};
const std::array<std::string, 1> unbuilt_stream_keys{"lag_bytes_max"};
const std::array<std::string, 2> compressions{"none", "lz4"};
const std::array<std::string, 2> booleans{"false", "true"};

bool read_version(form_reader& reader, const yaml_node& root) {
  auto version = form_reader::find(root, "manifest");
  if (!version) return reader.fail(root, "'manifest' is missing; the file begins with 'manifest: 1'");
  if (!reader.expect(*version, form::scalar, "'manifest'")) return false;
  if (version->value.text == std::to_string(manifest_version)) return true;
  return reader.fail(version->value, fmt::format("manifest version {} is not known; expected 'manifest: {}'", quoted(version->value.text), manifest_version));
}

bool read_topology(form_reader& reader, const yaml_node& root, manifest& out) {
  auto topology = form_reader::find(root, "topology");
  if (!topology) return reader.fail(root, "'topology' is missing; name the topology");
  out.where = reader.at(topology->spot());
  return reader.read_name(*topology, "a topology's name", name_bytes_max, out.topology);
}

/// A topology of external streams alone needs no operators: others may read them.
bool has_external(const manifest& m) {
  return std::any_of(m.streams.begin(), m.streams.end(), [](const auto& s) { return s.second.external; });
}

bool read_operators(form_reader& reader, const yaml_node& root, manifest& out) {
  auto operators = form_reader::find(root, "operators");
  if (!operators) return has_external(out) || reader.fail(root, "'operators' is missing; list the topology's operators");
  if (!reader.expect(*operators, form::list, "'operators'")) return false;
  if (operators->value.items.empty() && !has_external(out))
    return reader.fail(operators->value, "'operators' is an empty list; a topology has at least one, or an external stream");
  std::unordered_map<std::string, int> lines;
  for (const auto& node : operators->value.items) {
    operator_entry entry;
    if (!read_operator(reader, node, out.directory, entry)) return false;
    auto [first, fresh] = lines.emplace(entry.name, entry.where.line);
    if (!fresh) {
      auto name = form_reader::find(node, "name");
      return reader.fail(name->value, fmt::format("operator '{}' is written twice, first in line {}; rename one", entry.name, first->second));
    }
    out.operators.push_back(std::move(entry));
  }
  return true;
}

bool read_external(form_reader& reader, const yaml_entry& entry, stream_settings& out) {
  const std::string& name = entry.key.text;
  if (auto external = form_reader::find(entry.value, "external")) {
    std::size_t index = 0;
    if (!reader.read_word(*external, fmt::format("'external' of stream '{}'", name), booleans, index)) return false;
    out.external = booleans[index] == "true";
  }
  if (auto partitions = form_reader::find(entry.value, "partitions")) {
    if (!out.external)
      return reader.fail(partitions->key, fmt::format("'partitions' of stream '{}' goes with 'external: true'; others have those of the operator that writes "
                                                      "them: set its 'parallelism'",
                                                      name));
    std::uint64_t number = 0;
    if (!reader.read_whole(*partitions, fmt::format("'partitions' of stream '{}'", name), 1, parallelism_max, number)) return false;
    out.partitions = static_cast<std::uint32_t>(number);
  }
  if (out.external && name.size() > name_bytes_max)
    return reader.fail(entry.key, fmt::format("the name of external stream {} is longer than {} bytes; shorten it", quoted(name), name_bytes_max));
  return true;
}

bool read_stream(form_reader& reader, const yaml_entry& entry, stream_settings& out) {
  const std::string& name = entry.key.text;
  out.where = reader.at(entry.key);
  if (entry.value.what == form::nothing) return true;
  if (!reader.expect(entry, form::map, fmt::format("stream '{}'", name))) return false;
  if (!reader.check_keys(entry.value, "a stream", stream_keys, unbuilt_stream_keys)) return false;
  auto retain = form_reader::find(entry.value, "retain");
  if (retain && !reader.read_duration(*retain, fmt::format("'retain' of stream '{}'", name), out.retain_ns)) return false;
  if (auto compress = form_reader::find(entry.value, "compress")) {
    std::size_t index = 0;
    if (!reader.read_word(*compress, fmt::format("'compress' of stream '{}'", name), compressions, index)) return false;
    out.lz4 = compressions[index] == "lz4";
  }
  if (auto persist = form_reader::find(entry.value, "persist")) {
    std::size_t index = 0;
    if (!reader.read_word(*persist, fmt::format("'persist' of stream '{}'", name), booleans, index)) return false;
    out.persist = booleans[index] == "true";
    out.persist_where = reader.at(persist->value);
  }
  return read_external(reader, entry, out);
}

bool read_streams(form_reader& reader, const yaml_node& root, manifest& out) {
  auto streams = form_reader::find(root, "streams");
  if (!streams || streams->value.what == form::nothing) return true;
  if (!reader.expect(*streams, form::map, "'streams'")) return false;
  for (std::size_t i = 0; i < streams->value.items.size(); ++i) {
    yaml_entry entry{streams->value.keys[i], streams->value.items[i]};
    std::string name;
    if (!reader.read_name({entry.key, entry.key}, "a stream's name", stream_name_bytes_max, name)) return false;
    if (!read_stream(reader, entry, out.streams[name])) return false;
  }
  return true;
}

/// What is published to an external stream comes from an operator of its name, with a log, a state and a place like any other.
bool add_external(form_reader& reader, const yaml_node& root, manifest& out) {
  for (const auto& [name, settings] : out.streams) {
    if (!settings.external) continue;
    for (const auto& written : out.operators) {
      if (written.name != name) continue;
      auto streams = form_reader::find(root, "streams");
      auto stream = form_reader::find(streams->value, name);
      return reader.fail(stream->key, fmt::format("external stream '{}' has the name of the operator in line {}; rename one", name, written.where.line));
    }
    operator_entry entry;
    entry.name = name;
    entry.where = entry.code_where = settings.where;
    entry.uses = external_class;
    entry.parallelism = settings.partitions;
    entry.ostreams.push_back({.ostream = "records", .stream = name, .where = settings.where, .key = settings.where});
    entry.external = true;
    out.operators.push_back(std::move(entry));
  }
  return true;
}

bool read_root(form_reader& reader, const yaml_node& root, manifest& out) {
  if (root.what == form::nothing) return reader.fail(root, "the manifest is empty; it begins with 'manifest: 1'");
  if (root.what != form::map) return reader.fail(root, fmt::format("a manifest is a map that begins with 'manifest: 1'; this is {}", form_name(root.what)));
  // The version comes first: a later one may well have other keys.
  return read_version(reader, root) && reader.check_keys(root, "a manifest", manifest_keys, {}) && read_topology(reader, root, out) &&
         read_streams(reader, root, out) && read_operators(reader, root, out) && add_external(reader, root, out);
}

}  // namespace

const char* error_policy_name(error_policy policy) noexcept {
  switch (policy) {
    case error_policy::fail: return "fail";
    case error_policy::skip: return "skip";
    case error_policy::dead_letter: return "dead_letter";
  }
  return "fail";
}

const char* start_point_name(start_point from) noexcept { return from == start_point::latest ? "latest" : "earliest"; }

result<manifest> parse_manifest(const std::string& text, const std::string& file, const environment& variables) {
  auto root = parse_yaml(text, file);
  if (!root) return root.why();
  auto expanded = expand_variables(*root, file, variables);
  if (!expanded) return expanded.why();
  auto unique = refuse_duplicate_keys(*root, file);
  if (!unique) return unique.why();
  manifest out;
  out.file = file;
  out.directory = file.substr(0, file.rfind('/') + 1);
  form_reader reader(file);
  if (!read_root(reader, *root, out)) return reader.why();
  return out;
}

result<manifest> read_manifest(const std::string& file, const environment& variables) {
  auto unreadable = [&](int reason) {
    return error{error_code::usage, fmt::format("{}: cannot be read: {}; give the path of a manifest", printable(file), std::strerror(reason))};
  };
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rbe"), &std::fclose);
  if (!in) return unreadable(errno);
  // One byte more than allowed tells parse_manifest that there is too much, without reading an endless file.
  std::string text(manifest_bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), in.get()));
  if (std::ferror(in.get())) return unreadable(errno);
  return parse_manifest(text, file, variables);
}

}  // namespace weir::topology
