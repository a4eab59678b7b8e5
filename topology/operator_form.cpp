#include "topology/operator_form.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <type_traits>

#include <fmt/format.h>

#include "topology/names.hpp"

namespace weir::topology {
namespace {

using form = yaml_node::form;

const std::array<std::string, 10> operator_keys{"name", "artifact", "uses", "class", "parallelism", "istreams", "ostreams", "with", "pin", "on_error"};
const std::array<std::string, 3> policies{"fail", "skip", "dead_letter"};
const std::array<std::string, 2> start_points{"earliest", "latest"};
const std::array<std::string, 2> istream_keys{"stream", "from"};
const std::array<std::string, 1> unbuilt_istream_keys{"on_lag"};
constexpr std::size_t class_name_bytes_max = 255;
constexpr std::size_t pins_max = 4096;

/// Reads the keys of one operator, in the order in which they are best explained.
class operator_form {
 public:
  operator_form(form_reader& reader, const yaml_node& node, const std::string& directory, operator_entry& out)
      : reader_(reader), node_(node), directory_(directory), out_(out) {}

  bool read() {
    if (node_.what != form::map) return reader_.fail(node_, fmt::format("an operator is {}; expected a map with 'name'", form_name(node_.what)));
    return reader_.check_keys(node_, "an operator", operator_keys, {}) && read_own_name() && read_code() && read_numbers() &&
           read_streams("istreams", out_.istreams, &istream_binding::istream) && read_streams("ostreams", out_.ostreams, &ostream_binding::ostream) &&
           read_with();
  }

 private:
  std::optional<yaml_entry> find(const std::string& key) const { return form_reader::find(node_, key); }
  /// "'pin' of operator 'a'", for messages.
  std::string what(const std::string& key) const { return fmt::format("'{}' of operator '{}'", key, out_.name); }

  bool read_own_name() {
    auto name = find("name");
    if (!name) return reader_.fail(node_, "an operator has no 'name'; its log and state belong to its name");
    out_.where = reader_.at(name->spot());
    return reader_.read_name(*name, "an operator's name", name_bytes_max, out_.name);
  }

  bool read_code() {
    auto artifact = find("artifact"), uses = find("uses"), class_name = find("class");
    if (artifact && uses) return reader_.fail(uses->key, fmt::format("operator '{}' has both 'artifact' and 'uses'; keep one", out_.name));
    if (!artifact && !uses)
      return reader_.fail(node_, fmt::format("operator '{}' has no code; add 'artifact' (a module's path) or 'uses' (a standard operator)", out_.name));
    out_.code_where = reader_.at((artifact ? *artifact : *uses).spot());
    if (uses && class_name) return reader_.fail(class_name->key, fmt::format("{} goes with 'artifact'; 'uses' names the operator already", what("class")));
    if (class_name && !read_class(*class_name)) return false;
    if (uses && uses->value.text == external_class)
      return reader_.fail(uses->value, fmt::format("operator '{}' uses '{}', which is no operator but a kind of stream; write 'streams: {{NAME: {{external: "
                                                   "true}}}}' instead",
                                                   out_.name, external_class));
    if (uses) return reader_.read_name(*uses, what("uses"), name_bytes_max, out_.uses);
    if (!reader_.read_text(*artifact, what("artifact"), out_.artifact)) return false;
    if (out_.artifact[0] != '/') out_.artifact = directory_ + out_.artifact;
    return true;
  }

  /// C++ class names may hold more characters than other names: "ns::join<a, b>".
  bool read_class(const yaml_entry& entry) {
    if (!reader_.read_text(entry, what("class"), out_.class_name)) return false;
    if (out_.class_name.size() > class_name_bytes_max)
      return reader_.fail(entry.value, fmt::format("{} is longer than {} bytes", what("class"), class_name_bytes_max));
    return true;
  }

  bool read_numbers() {
    if (auto parallelism = find("parallelism")) {
      std::uint64_t number = 0;
      if (!reader_.read_whole(*parallelism, what("parallelism"), 1, parallelism_max, number)) return false;
      out_.parallelism = static_cast<std::uint32_t>(number);
    }
    if (auto policy = find("on_error")) {
      std::size_t index = 0;
      if (!reader_.read_word(*policy, what("on_error"), policies, index)) return false;
      out_.on_error = static_cast<error_policy>(index);
    }
    auto pin = find("pin");
    return !pin || read_pin(*pin);
  }

  bool read_pin(const yaml_entry& entry) {
    if (!reader_.expect(entry, form::list, what("pin"))) return false;
    if (entry.value.items.empty()) return reader_.fail(entry.value, fmt::format("{} is an empty list; name CPUs or remove it", what("pin")));
    if (entry.value.items.size() > pins_max) return reader_.fail(entry.value, fmt::format("{} names more than {} CPUs", what("pin"), pins_max));
    for (const auto& item : entry.value.items) {
      std::uint64_t cpu = 0;
      if (!reader_.read_whole({item, item}, "a CPU in " + what("pin"), 0, cpu_max, cpu)) return false;
      out_.pin.push_back({static_cast<int>(cpu), reader_.at(item)});
    }
    return true;
  }

  /// A list where nothing is renamed, or a map from declared names to streams.
  template <class Binding>
  bool read_streams(const std::string& key, std::vector<Binding>& bindings, std::string Binding::*declared) {
    auto entry = find(key);
    if (!entry || entry->value.what == form::nothing) return true;
    const yaml_node& streams = entry->value;
    if (streams.what == form::scalar) return reader_.fail(streams, fmt::format("{} is a text; expected a list or a map of streams", what(key)));
    bool renamed = streams.what == form::map;
    for (std::size_t i = 0; i < streams.items.size(); ++i) {
      const yaml_node& item = streams.items[i];
      yaml_entry one{renamed ? streams.keys[i] : item, item};
      Binding binding;
      if (!reader_.read_name({one.key, one.key}, "a name in " + what(key), name_bytes_max, binding.*declared)) return false;
      if (!renamed && known(bindings, declared, binding.*declared))
        return reader_.fail(item, fmt::format("{} names '{}' twice; keep one", what(key), binding.*declared));
      binding.key = reader_.at(one.key);
      if (!read_stream(key, one, binding)) return false;
      bindings.push_back(std::move(binding));
    }
    return true;
  }

  template <class Binding>
  static bool known(const std::vector<Binding>& bindings, std::string Binding::*declared, const std::string& name) {
    return std::any_of(bindings.begin(), bindings.end(), [&](const Binding& b) { return b.*declared == name; });
  }

  template <class Binding>
  bool read_stream(const std::string& key, const yaml_entry& entry, Binding& binding) {
    std::string whose = fmt::format("the stream of '{}' in {}", entry.key.text, what(key));
    if (key == "ostreams" || entry.value.what != form::map) {
      binding.where = reader_.at(entry.spot());
      return reader_.read_name(entry, whose, stream_name_bytes_max, binding.stream);
    }
    if (!reader_.check_keys(entry.value, "an istream", istream_keys, unbuilt_istream_keys)) return false;
    auto stream = form_reader::find(entry.value, "stream");
    if (!stream) return reader_.fail(entry.value, fmt::format("{} has no 'stream'; name the stream", whose));
    binding.where = reader_.at(stream->spot());
    if constexpr (std::is_same_v<Binding, istream_binding>) {
      if (auto from = form_reader::find(entry.value, "from")) {
        std::size_t index = 0;
        if (!reader_.read_word(*from, fmt::format("'from' of '{}' in {}", entry.key.text, what(key)), start_points, index)) return false;
        binding.from = static_cast<start_point>(index);
      }
    }
    return reader_.read_name(*stream, whose, stream_name_bytes_max, binding.stream);
  }

  bool read_with() {
    auto entry = find("with");
    if (!entry || entry->value.what == form::nothing) return true;
    if (!reader_.expect(*entry, form::map, what("with"))) return false;
    for (std::size_t i = 0; i < entry->value.items.size(); ++i) {
      config_value value;
      yaml_entry one{entry->value.keys[i], entry->value.items[i]};
      if (!read_config(one, value)) return false;
      out_.with.emplace(one.key.text, std::move(value));
    }
    return true;
  }

  bool read_config(const yaml_entry& entry, config_value& out) {
    std::string whose = fmt::format("config key {} of operator '{}'", quoted(entry.key.text), out_.name);
    if (entry.key.text.empty()) return reader_.fail(entry.key, fmt::format("{} holds an empty key; name it", what("with")));
    out.where = reader_.at(entry.spot());
    out.key = reader_.at(entry.key);
    const yaml_node& value = entry.value;
    if (value.what == form::map) {
      if (form_reader::find(value, "secret")) return reader_.fail(value.keys[0], fmt::format("a 'secret' for {} is not built yet; write a text", whose));
      return reader_.fail(value, fmt::format("{} is a map; expected a text or a list of texts", whose));
    }
    if (value.what == form::nothing) return reader_.fail(entry.key, fmt::format("{} has no value; write \"\" for an empty text, or remove it", whose));
    out.is_list = value.what == form::list;
    if (!out.is_list) out.items.push_back(value.text);
    for (const auto& item : value.items) {
      if (item.what != form::scalar) return reader_.fail(item, fmt::format("{} is a list that holds {}; expected texts only", whose, form_name(item.what)));
      out.items.push_back(item.text);
    }
    return true;
  }

  form_reader& reader_;
  const yaml_node& node_;
  const std::string& directory_;
  operator_entry& out_;
};

}  // namespace

bool read_operator(form_reader& reader, const yaml_node& node, const std::string& directory, operator_entry& out) {
  return operator_form(reader, node, directory, out).read();
}

}  // namespace weir::topology
