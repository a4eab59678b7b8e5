// What a thread asks of the kernel for itself. Best effort: a refusal changes how soon a thread runs, never what it does.
#pragma once

namespace weir::runtime {

/// For threads that mostly wait and then have little to do: names this one (at most 15 bytes) and asks to run as soon as it wakes. On busy CPUs it would else
/// wait for whoever runs there to use up a slice of some milliseconds, and so would everything that waits for a write to become durable.
void run_promptly(const char* name) noexcept;

}  // namespace weir::runtime
