#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "base/status.h"
#include "storage/shared_threads.h"

namespace deltaic {

/// A piece of work that a shared thread begins, or Get() does where none has got to it. One thread
/// calls Get(), once. Dropped before, work that has not begun never does; what has is waited for.
template <typename T>
class WorkAhead {
 public:
  explicit WorkAhead(std::function<Result<T>()> work)
      : state_(std::make_shared<State>(std::move(work))) {
    RunOnSharedThread([state = state_] { state->Run(); });
  }
  WorkAhead(WorkAhead&&) noexcept = default;
  ~WorkAhead() {
    if (state_ != nullptr && !state_->Take()) state_->Wait();
  }

  Result<T> Get() {
    state_->Run();
    state_->Wait();
    return *std::move(state_->result);
  }

 private:
  struct State {
    explicit State(std::function<Result<T>()> given) : work(std::move(given)) {}

    /// True for the first who asks.
    bool Take() {
      const std::lock_guard lock(mutex);
      return !std::exchange(is_taken, true);
    }
    void Wait() {
      std::unique_lock lock(mutex);
      done.wait(lock, [&] { return result.has_value(); });
    }
    void Run() {
      if (!Take()) return;
      Result<T> outcome = work();
      const std::lock_guard lock(mutex);
      result = std::move(outcome);
      done.notify_all();
    }

    const std::function<Result<T>()> work;  ///< throws nothing
    std::mutex mutex;
    std::condition_variable done;
    bool is_taken = false;
    std::optional<Result<T>> result;
  };

  std::shared_ptr<State> state_;
};

}  // namespace deltaic
