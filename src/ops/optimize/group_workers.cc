#include "ops/optimize/group_workers.h"

#include <algorithm>
#include <mutex>

#include "storage/crew.h"

namespace deltaic {

Status RunWorkers(int64_t count, int num_threads, std::atomic<bool>& failed,
                  const std::function<Status(int64_t)>& work) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  Status first;
  const auto run = [&] {
    for (int64_t i = next++; i < count && !failed; i = next++) {
      Status status = work(i);
      if (status.ok()) continue;
      const std::lock_guard lock(mutex);
      // What others say once `failed` is set is a consequence.
      if (!failed) first = std::move(status);
      failed = true;
    }
  };
  Crew others;
  const auto wanted = std::min<int64_t>(num_threads, count);
  if (wanted > 1) others.AddUntil(static_cast<size_t>(wanted - 1), run);
  run();
  others.Join();
  return first;
}

}  // namespace deltaic
