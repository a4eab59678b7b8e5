// refused: a std::string is no fixed value
#include <weir/weir.hpp>

#include <string>

std::string f(const weir::record& r) { return r.as<std::string>(); }
