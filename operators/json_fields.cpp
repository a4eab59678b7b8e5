// `json-fields`: makes a small JSON object of a large one: selects, renames and converts fields.
//
//   - name: slim
//     uses: json-fields
//     istreams: {records: quakes}
//     ostreams: {objects: slim-quakes}
//     with: {fields: [id, magnitude=/mag, "depth_km=/depth as integer", "place as text"]}
//
// A field is `name`, or `new_name=/json/pointer`, and with ` as text|number|integer|boolean` a conversion. The object holds them in this order, without blanks.
// Key and time stay. A value that is not JSON, a field that is missing (unless `missing` says otherwise) or cannot be converted is an error and meets
// `on_error`. The value is parsed as a whole: what only has to be looked at is cheaper with filter or map.
#include <weir/weir.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "operators/number.hpp"
#include "operators/record_place.hpp"

namespace weir::operators {

class json_fields final : public weir::stream_operator {
 public:
  weir::metadata metadata() const override {
    using weir::config_type;
    return {.name = "json-fields",
            .version = "1",
            .istreams = {"records"},
            .ostreams = {"objects"},
            .config = {{"fields", config_type::list, weir::required, "name, or new_name=/json/pointer; with ` as text|number|integer|boolean` converted"},
                       {"missing", config_type::text, "error", "what a field that is not there becomes: error, as_null, or leave_out"}}};
  }

  void initialize(weir::context& ctx) override {
    const auto& config = ctx.config();
    objects_ = ctx.ostream("objects");
    std::set<std::string> names;
    for (const std::string& text : config.list("fields")) {
      fields_.push_back(read_field(text));
      if (!names.insert(fields_.back().name).second) throw std::invalid_argument("with.fields names '" + fields_.back().name + "' twice");
    }
    if (fields_.empty()) throw std::invalid_argument("with.fields is empty; name at least one field");
    missing_ = config.text("missing");
    if (missing_ != "error" && missing_ != "as_null" && missing_ != "leave_out") {
      throw std::invalid_argument("with.missing is \"" + missing_ + "\"; it may be error, as_null or leave_out");
    }
  }

  void process_record(weir::context&, const weir::record& record) override {
    const auto value = json::parse(record.value.begin(), record.value.end(), nullptr, false);
    if (value.is_discarded()) throw std::runtime_error("the value is not JSON: " + excerpt(record.value));
    json object = json::object();
    for (const field& f : fields_) {
      if (value.contains(f.pointer)) {
        object[f.name] = converted(f, value[f.pointer]);
      } else if (missing_ == "error") {
        throw std::runtime_error("no " + f.pointer.to_string() + " in the value " + excerpt(record.value));
      } else if (missing_ == "as_null") {
        object[f.name] = nullptr;
      }
    }
    objects_.produce(record.key, object.dump());
  }

 private:
  using json = nlohmann::ordered_json;
  enum class conversion : std::uint8_t { none, text, number, integer, boolean };
  struct field {
    std::string name;
    json::json_pointer pointer;
    conversion as;
  };

  static field read_field(const std::string& text) {
    static const std::vector<std::string> conversions{"", "text", "number", "integer", "boolean"};
    const std::size_t as = std::min(text.rfind(" as "), text.size());
    const std::string target = as == text.size() ? "" : text.substr(as + 4);
    const auto known = std::find(conversions.begin(), conversions.end(), target);
    if (known == conversions.end()) throw std::invalid_argument("with.fields: '" + text + "' asks for another type than text, number, integer or boolean");
    const std::string source = text.substr(0, as);
    const std::size_t equals = source.find('=');
    const std::string name = source.substr(0, equals);
    if (name.empty()) throw std::invalid_argument("with.fields: '" + text + "' names no field");
    try {
      const auto pointer = equals == std::string::npos ? json::json_pointer() / name : json::json_pointer(source.substr(equals + 1));
      return {name, pointer, static_cast<conversion>(known - conversions.begin())};
    } catch (const nlohmann::json::exception&) {
      throw std::invalid_argument("with.fields: what follows = in '" + text + "' is no JSON pointer such as /meta/id (~ is written ~0, / inside a name ~1)");
    }
  }

  [[noreturn]] static void refuse(const field& f, const json& value, const char* form) {
    throw std::runtime_error(f.pointer.to_string() + " is not " + form + ": " + excerpt(value.dump(-1, ' ', false, json::error_handler_t::replace)));
  }

  static json converted(const field& f, const json& value) {
    switch (f.as) {
      case conversion::none: break;
      case conversion::text: return value.is_string() ? value : json(value.dump());
      case conversion::number: return number_of(f, value, "a number");
      case conversion::integer: return integer_of(f, value);
      case conversion::boolean: return boolean_of(f, value);
    }
    return value;
  }

  /// Of a number, or of a text that writes one.
  static json number_of(const field& f, const json& value, const char* form) {
    if (value.is_number()) return value;
    number found;
    if (!value.is_string() || !number::read(value.get_ref<const std::string&>(), found)) refuse(f, value, form);
    if (found.is_whole()) return found.whole();
    return found.real();
  }
  /// Fractions are cut off.
  static json integer_of(const field& f, const json& value) {
    json found = number_of(f, value, "a whole number");
    if (!found.is_number_float()) return found;
    const double real = std::trunc(found.get<double>());
    if (std::abs(real) >= 9.2e18) refuse(f, value, "a whole number of 64 bits");
    return static_cast<std::int64_t>(real);
  }
  static json boolean_of(const field& f, const json& value) {
    if (value.is_boolean()) return value;
    if (value == "true" || value == 1) return true;
    if (value == "false" || value == 0) return false;
    refuse(f, value, "true or false");
  }

  weir::ostream objects_;
  std::vector<field> fields_;
  std::string missing_;
};

WEIR_EXPORT_OPERATOR(json_fields)

}  // namespace weir::operators
