#include "storage/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "storage/shared_threads.h"

namespace deltaic {
namespace {

/// One ParallelFor. Tasks that begin after it has ended find it closed, and touch nothing else.
class Loop {
 public:
  Loop(int64_t count, const std::function<Status(int64_t)>& function)
      : count_(count), function_(function), failed_index_(count) {}

  /// The part of one of the shared threads.
  void Help() {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      ++helping_;
    }
    Work();
    const std::lock_guard lock(mutex_);
    if (--helping_ == 0) changed_.notify_all();
  }

  void Work() {
    for (int64_t i = next_++; i < count_ && !failed_; i = next_++) {
      Status status;
      std::exception_ptr thrown;
      try {
        status = function_(i);
      } catch (...) {
        thrown = std::current_exception();
      }
      if (status.ok() && thrown == nullptr) continue;
      failed_ = true;
      const std::lock_guard lock(mutex_);
      if (i < failed_index_) {
        failed_index_ = i;
        failure_ = std::move(status);
        thrown_ = thrown;
      }
    }
  }

  Status Close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    changed_.wait(lock, [&] { return helping_ == 0; });
    if (thrown_ != nullptr) std::rethrow_exception(thrown_);
    return failure_;
  }

 private:
  const int64_t count_;
  const std::function<Status(int64_t)>& function_;  ///< the caller's, until closed
  std::atomic<int64_t> next_{0};
  std::atomic<bool> failed_{false};

  std::mutex mutex_;
  std::condition_variable changed_;
  int helping_ = 0;
  bool closed_ = false;
  int64_t failed_index_;
  Status failure_;
  std::exception_ptr thrown_;
};

}  // namespace

Status ParallelFor(int64_t count, int num_threads, const std::function<Status(int64_t)>& function) {
  const auto loop = std::make_shared<Loop>(count, function);
  for (int64_t t = 1; t < std::min<int64_t>(num_threads, count); ++t) {
    if (!RunOnSharedThread([loop] { loop->Help(); })) break;
  }
  loop->Work();
  return loop->Close();
}

int DefaultThreads(const StoreTraits& traits) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return traits.is_near() ? cores : std::max(cores, traits.max_requests);
}

}  // namespace deltaic
