#include "table/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace deltaic {
namespace {

constexpr int kRemoteThreads = 16;

}  // namespace

Status ParallelFor(int64_t count, int num_threads, const std::function<Status(int64_t)>& function) {
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  int64_t failed_index = count;
  Status failure;
  const auto work = [&] {
    for (int64_t i = next++; i < count && !failed; i = next++) {
      Status status = function(i);
      if (status.ok()) continue;
      failed = true;
      const std::lock_guard lock(mutex);
      if (i < failed_index) {
        failed_index = i;
        failure = std::move(status);
      }
    }
  };
  std::vector<std::jthread> threads;
  for (int64_t t = 1; t < std::min<int64_t>(num_threads, count); ++t) threads.emplace_back(work);
  work();
  threads.clear();
  return failure;
}

int DefaultThreads(bool local) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return local ? cores : std::max(cores, kRemoteThreads);
}

}  // namespace deltaic
