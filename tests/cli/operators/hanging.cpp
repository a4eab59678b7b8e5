#include "tests/node/operators/hanging.hpp"

WEIR_EXPORT_OPERATOR(hanging)
