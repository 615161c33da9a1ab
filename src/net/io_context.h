#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/cancellation.h"
#include "base/status.h"

namespace deltaic {

/// How often all requests of one piece of work may be tried again, together. Safe from any thread.
class RetryBudget {
 public:
  explicit RetryBudget(int retries) : left_(retries) {}
  /// False once it is used up.
  bool Take() { return left_.fetch_sub(1, std::memory_order_relaxed) > 0; }

 private:
  std::atomic<int> left_;
};

/// Bytes that what is fetched ahead may take, for all who share it. Safe from any thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(int64_t max_bytes) : max_bytes_(max_bytes) {}
  /// False, and nothing taken, where they do not fit. With nothing taken yet any number fits, since
  /// work has to go on.
  bool TryTake(int64_t bytes);
  /// Takes them all the same: for what others wait for.
  void Take(int64_t bytes) { taken_.fetch_add(bytes, std::memory_order_relaxed); }
  void Give(int64_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }
  int64_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const int64_t max_bytes_;
  std::atomic<int64_t> taken_{0};
};

/// What bounds the requests of one piece of work: a scan, a load, an operation. Copies share the
/// token and the budgets. See ObjectStore::With().
struct IoContext {
  /// A request under way ends within some 50 ms of it.
  CancellationToken cancel = CancellationToken::None();
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::shared_ptr<RetryBudget> retries;  ///< nullptr: the store's own limit for each request

  /// \retval kCancelled  \retval kUnavailable  the deadline has passed.
  Status Check() const;
  /// Waits so long, or until Check() fails.
  Status Wait(std::chrono::nanoseconds time) const;
};

}  // namespace deltaic
