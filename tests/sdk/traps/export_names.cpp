// harmless
// Names with namespaces and with commas are exported as they are written.
#include <weir/weir.hpp>

#include <string_view>

namespace acme {
template <class A, class B>
struct join : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "j", .version = "1"}; }
};
struct plain : weir::stream_operator {
  weir::metadata metadata() const override { return {.name = "p", .version = "1"}; }
};
}  // namespace acme
WEIR_EXPORT_OPERATOR(acme::plain)
WEIR_EXPORT_OPERATOR(acme::join<int, long>)

int main() {
  const weir_module_info& module = *weir_module();
  return module.operator_count == 2 && module.operators[1]->class_name == std::string_view("acme::join<int, long>") ? 0 : 1;
}
