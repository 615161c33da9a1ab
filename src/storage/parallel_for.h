#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "storage/store_traits.h"

namespace deltaic {

/// Calls `function(i)` for each i in [0, count) on up to `num_threads` threads, this one among
/// them, and waits for all. The others are those of SharedThreads(); where these are busy, this one
/// does more. May be called from a task of theirs. After an error no further call begins.
/// \return the error of the lowest i that failed.
Status ParallelFor(int64_t count, int num_threads, const std::function<Status(int64_t)>& function);

/// Threads to use on data that the processor decodes, or that mostly waits for a store far away.
int DefaultThreads(const StoreTraits& traits);
inline int DefaultThreads(bool local) { return DefaultThreads(local ? kNearStore : kFarStore); }

}  // namespace deltaic
