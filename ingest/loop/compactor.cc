#include "ingest/loop/compactor.h"

#include <algorithm>
#include <utility>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "base/log_sink.h"
#include "ops/optimize/optimize.h"

namespace deltaic::ingest {
namespace {

constexpr int64_t kMemoryShare = 8;

/// A compaction is over for a minute or an hour, and what it took is of no use to the routes.
void ReturnMemory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace

Compactor::Compactor(const std::vector<std::unique_ptr<Worker>>& workers,
                     int64_t memory_limit_bytes)
    : memory_limit_bytes_(memory_limit_bytes) {
  for (const auto& worker : workers) {
    for (const auto& route : worker->routes()) {
      const int64_t interval = route->options().compact_interval_ms;
      if (interval <= 0) continue;
      tables_.push_back({route.get(), Clock::now() + std::chrono::milliseconds(interval), 0});
    }
  }
  if (!tables_.empty()) thread_ = std::thread([this] { Run(); });
}

void Compactor::Stop() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  cancel_.Cancel();
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Compactor::Run() {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    Table& next = *std::ranges::min_element(tables_, {}, &Table::due);
    if (changed_.wait_until(lock, next.due, [this] { return is_over_; })) return;
    lock.unlock();
    const Status status = Compact(next);
    ReturnMemory();
    lock.lock();
    if (!status.ok() && !is_over_) {
      Log(LogLevel::kWarning,
          Concat("compaction of ", next.route->options().table, ": ", status.message()));
    }
    next.due = Clock::now() + std::chrono::milliseconds(next.route->options().compact_interval_ms);
  }
}

Status Compactor::Compact(Table& table) {
  Ingest& route = *table.route;
  const int64_t files = route.metrics().files;
  // Of one file there is nothing to put together.
  if (files - table.files_before < 2) return Status();
  // A handle of its own: the route's is used by its thread.
  DELTAIC_ASSIGN_OR_RETURN(const auto opened,
                           deltaic::Table::At(route.options().table, route.options().storage));
  OptimizeOptions options;
  options.max_concurrent_tasks = 1;
  options.files.compression = route.options().compression;
  options.files.max_memory_bytes = memory_limit_bytes_ / kMemoryShare;
  options.files.num_threads = 1;
  options.cancel = cancel_;
  DELTAIC_ASSIGN_OR_RETURN(const OptimizeResult result, OptimizeTable(opened, nullptr, options));
  table.files_before = files;
  if (!result.version) return Status();
  route.CountCompaction();
  Log(LogLevel::kInfo,
      Concat("compacted ", route.options().table, " in version ", result.version->value, ": ",
             result.done.removed.num_files, " files became ", result.done.added.num_files));
  return Status();
}

}  // namespace deltaic::ingest
