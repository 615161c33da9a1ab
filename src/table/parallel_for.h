#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"

namespace deltaic {

/// Calls `function(i)` for each i in [0, count) on up to `num_threads` threads, this one among
/// them, and waits for all. After an error no further call begins. \return the error of the lowest
/// i that failed.
Status ParallelFor(int64_t count, int num_threads, const std::function<Status(int64_t)>& function);

/// Threads to use on data that the processor decodes, or (not `local`) that mostly waits for a
/// network.
int DefaultThreads(bool local);

}  // namespace deltaic
