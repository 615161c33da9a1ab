#include "storage/shared_threads.h"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/made_once.h"

namespace deltaic {
namespace {

/// Most of them wait for storage most of the time; they start as they are needed.
constexpr int kMostThreads = 64;

/// Threads that take tasks from one queue. On the standard library alone: a task may begin while
/// the process ends, when Arrow's pools, which trace each task, have lost what they trace with.
class Threads {
 public:
  bool Run(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (tasks_.size() > static_cast<size_t>(num_idle_) && !StartOne() && num_threads_ == 0) {
      tasks_.pop_back();
      return false;
    }
    changed_.notify_one();
    return true;
  }

  std::mutex& mutex() { return mutex_; }

 private:
  /// False where there are as many as may be, or the system gives none.
  bool StartOne() {
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    if (num_threads_ >= std::max(kMostThreads, 2 * cores)) return false;
    try {
      std::thread([this] { Work(); }).detach();
    } catch (const std::system_error&) {
      return false;
    }
    ++num_threads_;
    return true;
  }

  [[noreturn]] void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++num_idle_;
      changed_.wait(lock, [this] { return !tasks_.empty(); });
      --num_idle_;
      std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  int num_threads_ = 0;
  int num_idle_ = 0;  ///< waiting; one that was just started is none yet
};

/// Never destroyed: tasks may run while the process ends.
std::atomic<Threads*>& Shared() {
  return MadeOnce([] { return std::atomic<Threads*>(new Threads); });
}

/// A child has none of its parent's threads, and must not meet a lock that one of them held.
[[maybe_unused]] const int kForkHandlers =
    pthread_atfork([] { Shared().load()->mutex().lock(); },
                   [] { Shared().load()->mutex().unlock(); }, [] { Shared().store(new Threads); });

}  // namespace

bool RunOnSharedThread(std::function<void()> task) { return Shared().load()->Run(std::move(task)); }

}  // namespace deltaic
