#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/status.h"

namespace deltaic {

/// Calls `work(i)` for each i in [0, count) on `num_threads` threads of its own, for work that
/// takes long and waits for other threads. After an error no further call begins, and `failed`,
/// which running ones may look at, is true.
/// \return the first error.
Status RunWorkers(int64_t count, int num_threads, std::atomic<bool>& failed,
                  const std::function<Status(int64_t)>& work);

}  // namespace deltaic
