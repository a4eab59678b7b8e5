#include "tests/operator/scripted.hpp"

using weir::operator_test::scripted;
using weir::operator_test::scripted_source;
WEIR_EXPORT_OPERATOR(scripted)
WEIR_EXPORT_OPERATOR(scripted_source)
