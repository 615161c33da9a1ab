#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <new>

namespace deltaic {

/// How many forks lie between this process and the first that loaded the library.
uint32_t ForkGeneration();

/// A mutex that a forked child finds open, though a thread which the child does not have held it
/// in the parent. For what is guarded, the child goes on from what was there at the fork: values
/// that are made first and then put into their place. A Lockable, as for `std::lock_guard`.
class ForkSafeMutex {
 public:
  /// As of the first process: one that is made in a child is renewed when it is first locked.
  constexpr ForkSafeMutex() = default;
  ForkSafeMutex(const ForkSafeMutex&) = delete;
  ForkSafeMutex& operator=(const ForkSafeMutex&) = delete;

  void lock() {
    if (generation_.load(std::memory_order_acquire) != ForkGeneration()) Renew();
    mutex_.lock();
  }
  bool try_lock() {
    if (generation_.load(std::memory_order_acquire) != ForkGeneration()) Renew();
    return mutex_.try_lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  void Renew();

  std::mutex mutex_;
  std::atomic<uint32_t> generation_{0};
};

/// Runs `work`, which a fork waits for: the first use of a library that keeps statics of its own.
/// It is short, and calls nothing that may fork or wait for a thread that forks.
void RunBetweenForks(const std::function<void()>& work);

}  // namespace deltaic
