#pragma once
// The same work in as many threads as there are cores.

#include <functional>

namespace kist::os {

unsigned core_count();  // that this process may use, at least 1

// Calls work() in `threads` threads, this one among them, and returns when all have returned. The first exception is
// rethrown here; the others' work is not interrupted by it, so work() should watch a flag of its own.
void run_in_parallel(unsigned threads, const std::function<void()>& work);

}  // namespace kist::os
