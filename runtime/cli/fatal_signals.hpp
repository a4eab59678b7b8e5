// What a process that dies of an operator's code still does: it says in whose code it was, on standard error, and leaves that for the next start.
#pragma once

namespace weir::cli {

/// SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, of which the process dies as it would have without; exit() within a step ends it with 1.
void catch_fatal_signals();

}  // namespace weir::cli
