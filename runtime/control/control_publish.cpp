// POST /v1/streams/{s}/records: records for an external stream, as lines or as JSON. Everything in a request may be wrong; nothing of such a request is taken.
#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "runtime/control/control_api.hpp"
#include "runtime/control/replies.hpp"
#include "runtime/control/request.hpp"
#include "topology/defaults.hpp"
#include "topology/names.hpp"

namespace weir::runtime {

namespace {

using json = nlohmann::ordered_json;

constexpr publish_limits limits;

error too_many() { return wrong(fmt::format("the request has more than {} records; send the others in another one", limits.records_max)); }

/// Its bytes are behind those of the others in the batch.
result<void> add_record(publish_batch& to, std::string_view key, std::string_view value, std::int64_t time = publish_record::no_time) {
  if (to.records.size() == limits.records_max) return too_many();
  if (key.size() + value.size() > limits.record_bytes_max)
    return wrong(fmt::format("record {} of the request is {} bytes long, at most {} are allowed", to.records.size() + 1, key.size() + value.size(),
                             limits.record_bytes_max));
  publish_record r{.time = time};
  r.key_begin = static_cast<std::uint32_t>(to.bytes.size());
  to.bytes += key;
  r.key_end = r.value_begin = static_cast<std::uint32_t>(to.bytes.size());
  to.bytes += value;
  r.value_end = static_cast<std::uint32_t>(to.bytes.size());
  to.records.push_back(r);
  return {};
}

/// A line ends with "\n" or "\r\n"; what follows the last end, if anything, is one too. An empty line is a record.
result<void> read_lines(std::string_view body, const std::string& key_separator, publish_batch& to) {
  to.bytes.reserve(body.size());
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (end != std::string_view::npos && line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t key_end = key_separator.empty() ? std::string_view::npos : line.find(key_separator);
    const bool keyed = key_end != std::string_view::npos;
    auto added = add_record(to, keyed ? line.substr(0, key_end) : "", keyed ? line.substr(key_end + key_separator.size()) : line);
    if (!added) return added;
  }
  return {};
}

result<void> read_record(const json& j, publish_batch& to) {
  const auto fault = [&](const std::string& why) { return wrong(fmt::format("record {} of the request {}", to.records.size() + 1, why)); };
  if (!j.is_object()) return fault("is no object; it may have 'key', 'value' and 'time'");
  for (const auto& [name, value] : j.items())
    if (name != "key" && name != "value" && name != "time")
      return fault(fmt::format("has an unknown member {}; it may have 'key', 'value' and 'time'", topology::quoted(name)));
  const auto value = j.find("value");
  const auto key = j.find("key");
  const auto time = j.find("time");
  if (value == j.end() || !value->is_string()) return fault("has no 'value' that is a string");
  if (key != j.end() && !key->is_string()) return fault("has a 'key' that is no string");
  // The largest and the smallest time mean something else within weir.
  const bool fine = time == j.end() || (time->is_number_integer() && !(time->is_number_unsigned() && time->get<std::uint64_t>() >= INT64_MAX) &&
                                        time->get<std::int64_t>() != INT64_MIN);
  if (!fine) return fault("has a 'time' that is no whole number of nanoseconds since the epoch");
  return add_record(to, key == j.end() ? std::string() : key->get_ref<const std::string&>(), value->get_ref<const std::string&>(),
                    time == j.end() ? publish_record::no_time : time->get<std::int64_t>());
}

result<void> read_json(const std::string& body, publish_batch& to) {
  const json all = json::parse(body, nullptr, false);
  if (!all.is_array()) return wrong("the body is no JSON array of records, like [{\"key\": \"k\", \"value\": \"v\"}]");
  if (all.size() > limits.records_max) return too_many();
  for (const json& one : all)
    if (auto read = read_record(one, to); !read) return read;
  return {};
}

result<void> read_numbering(const http_request& asked, publish_batch& to) {
  const auto producer = asked.params.find("producer");
  const auto number = asked.params.find("number");
  if (producer == asked.params.end()) {
    if (number == asked.params.end()) return {};
    return wrong("'number' goes with 'producer', the name of who numbers the records");
  }
  if (const std::string fault = topology::name_fault(producer->second, topology::name_bytes_max); !fault.empty())
    return wrong(fmt::format("producer {}: {}", topology::quoted(producer->second), fault));
  to.producer = producer->second;
  if (number == asked.params.end()) return wrong("'producer' goes with 'number', that of the request's first record, counted from 1 on");
  const std::string& text = number->second;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), to.first);
  // So that none of the numbers that follow wraps around.
  if (end.ec != std::errc() || end.ptr != text.data() + text.size() || to.first == 0 || to.first > INT64_MAX)
    return wrong(fmt::format("number is {}; it must be a whole number from 1 on", topology::quoted(text)));
  return {};
}

result<publish_batch> read_batch(const http_request& asked) {
  publish_batch batch;
  if (auto numbered = read_numbering(asked, batch); !numbered) return numbered.why();
  const auto format = asked.params.find("format");
  const auto separator = asked.params.find("key_separator");
  const bool as_json = format != asked.params.end() && format->second == "json";
  if (format != asked.params.end() && !as_json && format->second != "lines")
    return wrong(fmt::format("format is {}; it may be lines or json", topology::quoted(format->second)));
  if (separator != asked.params.end() && (as_json || separator->second.empty()))
    return wrong("'key_separator' goes with format lines, and is not empty: the text that ends a line's key");
  auto read = as_json ? read_json(asked.body, batch) : read_lines(asked.body, separator == asked.params.end() ? "" : separator->second, batch);
  if (!read) return read.why();
  return batch;
}

http_response publish(node_commands& node, const http_request& asked) {
  auto batch = read_batch(asked);
  if (!batch) return error_response(batch.why());
  json j{{"stream", asked.name("s")}};
  if (!batch->producer.empty()) {
    j["producer"] = batch->producer;
    j["durable_up_to"] = batch->first + batch->records.size() - 1;
  }
  const auto done = node.publish_to(asked.name("s"), std::move(*batch));
  if (!done) return error_response(done.why(), done.why().code == error_code::usage ? 404 : 0);
  j["records"] = done->records;
  j["repeated"] = done->repeated;
  return json_reply(j);
}

}  // namespace

void control_api::add_publishing_routes(router& to) {
  to.add({.verb = http_verb::post,
          .pattern = "/v1/streams/{s}/records",
          .where = lane::publications,
          .params = {"producer", "number", "format", "key_separator"},
          .handle = with_node(publish)});
}

}  // namespace weir::runtime
