#include "threads.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

namespace deltaic_node {
namespace {

constexpr std::chrono::seconds kIdleTime(5);

class Threads {
 public:
  void Run(std::function<void()> job) {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    if (jobs_.size() <= idle_) {
      changed_.notify_one();
    } else {
      std::thread([this] { Work(); }).detach();
    }
  }

 private:
  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      const bool is_due = changed_.wait_for(lock, kIdleTime, [this] { return !jobs_.empty(); });
      --idle_;
      if (!is_due) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  size_t idle_ = 0;  // threads that wait for a job
};

}  // namespace

void RunOnThread(std::function<void()> job) {
  static auto* const threads = new Threads;  // never destroyed: idle threads outlive main()
  threads->Run(std::move(job));
}

}  // namespace deltaic_node
