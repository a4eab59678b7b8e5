/** @file
 * The line between a node and an operator's module: plain C structs and functions. C99 and later, C++ too.
 *
 * Operators are written against <weir/weir.hpp>, which is a thin layer over this header; anything else that can make a shared object may use this
 * header directly (in C with the helpers of <weir/c.h>). The node ("the host") finds a module's operators by calling its one exported function,
 * weir_module().
 *
 * Rules
 *  - Every struct that may grow begins with its size in bytes as the side that made it knows it. A reader uses no member beyond that size.
 *  - All memory in batches, inputs, keys and state belongs to the host; pointers are valid until the hook returns, or shorter where said.
 *    Strings are (pointer, size), without a NUL at the end, unless they are `const char*` constants of the module: those end with a NUL and live as long
 *    as the module. The empty string may have any pointer, NULL too, except where NULL has a meaning of its own (said there).
 *  - One object is used by one thread at a time; hooks of one object never overlap. `weir_host` functions may be called only inside a hook, by its thread.
 *    A weir_waker is the exception: any thread may use it, at any time.
 *  - No exception may cross. Functions that can fail return 0 for success and another number for failure; then weir_context.error tells why in one line.
 *    What a function that failed was to fill in is then undefined.
 *  - Times are nanoseconds since 1970-01-01 UTC. INT64_MIN and INT64_MAX are "before everything" and "after everything".
 *  - Sizes and offsets are bytes.
 */
#ifndef WEIR_ABI_H
#define WEIR_ABI_H

/** The host refuses a module of another version. */
#define WEIR_ABI_VERSION 1u

#include <weir/abi/host.h>   /* what the host offers inside a hook */
#include <weir/abi/module.h> /* what a module offers */
#include <weir/abi/record.h> /* records, batches, timers */

#endif
