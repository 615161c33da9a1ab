#include "ops/optimize/group_workers.h"

#include <algorithm>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

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
  std::vector<std::thread> threads;
  for (int64_t t = 1; t < std::min<int64_t>(num_threads, count); ++t) {
    try {
      threads.emplace_back(run);
    } catch (const std::system_error&) {
      break;  // fewer will do
    }
  }
  run();
  for (std::thread& thread : threads) thread.join();
  return first;
}

}  // namespace deltaic
