// refused: no match
// Event time compared with processing time.
#include <weir/weir.hpp>

bool f(weir::context& ctx, const weir::record& r) { return r.time < ctx.now(); }
