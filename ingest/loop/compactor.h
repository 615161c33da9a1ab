#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/cancellation.h"
#include "ingest/loop/worker.h"

namespace deltaic::ingest {

/// Puts the small files together that routes with --compact-interval have written: one table at a
/// time, on a thread of its own, beside the commits of the routes. What fails is tried again after
/// the next interval.
class Compactor {
 public:
  /// \param workers  outlive it.
  Compactor(const std::vector<std::unique_ptr<Worker>>& workers, int64_t memory_limit_bytes);
  ~Compactor() { Stop(); }
  /// Cancels what is under way, which leaves the table as it was, and ends the thread.
  void Stop();

 private:
  using Clock = std::chrono::steady_clock;
  struct Table {
    Ingest* route = nullptr;
    Clock::time_point due;
    int64_t files_before = 0;  ///< that the route had committed by the last time
  };
  void Run();
  Status Compact(Table& table);

  const int64_t memory_limit_bytes_;
  std::vector<Table> tables_;
  CancellationToken cancel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace deltaic::ingest
