// refused: ambiguous
// Both namespaces opened: weir::ostream and std::ostream are two things, and the compiler says so.
#include <weir/weir.hpp>

#include <iostream>

using namespace std;
using namespace weir;

ostream out_;
