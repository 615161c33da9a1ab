#include "storage/shared_threads.h"

#include <arrow/util/thread_pool.h>

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

namespace deltaic {
namespace {

/// Most of them wait for storage most of the time; they start as they are needed.
constexpr int kMostThreads = 64;

/// nullptr where the system gives none. Never destroyed: tasks may run while the process ends.
arrow::internal::ThreadPool* Pool() {
  static const auto& pool = *new std::shared_ptr<arrow::internal::ThreadPool>([] {
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    auto made = arrow::internal::ThreadPool::MakeEternal(std::max(kMostThreads, 2 * cores));
    return made.ok() ? *std::move(made) : nullptr;
  }());
  return pool.get();
}

}  // namespace

bool RunOnSharedThread(std::function<void()> task) {
  arrow::internal::ThreadPool* pool = Pool();
  return pool != nullptr && pool->Spawn(std::move(task)).ok();
}

}  // namespace deltaic
