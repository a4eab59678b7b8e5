// refused: a member of the type is a pointer, reference or view
#include <weir/weir.hpp>

struct order {
  double amount;
  const char* customer;
};
void f(weir::ostream& out, const order& o) { out.produce("k", weir::bytes_of(o)); }
