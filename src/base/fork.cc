#include "base/fork.h"

#include <pthread.h>

namespace deltaic {
namespace {

constinit std::atomic<uint32_t> generation{0};

/// Held across every fork, and so by no other thread at the time of one.
constinit std::mutex fork_mutex;

[[maybe_unused]] const int kHandlers =
    pthread_atfork([] { fork_mutex.lock(); }, [] { fork_mutex.unlock(); },
                   [] {
                     generation.fetch_add(1, std::memory_order_release);
                     fork_mutex.unlock();
                   });

}  // namespace

uint32_t ForkGeneration() { return generation.load(std::memory_order_acquire); }

void ForkSafeMutex::Renew() {
  const std::lock_guard lock(fork_mutex);
  const uint32_t now = ForkGeneration();
  if (generation_.load(std::memory_order_relaxed) == now) return;
  new (&mutex_) std::mutex;
  generation_.store(now, std::memory_order_release);
}

void RunBetweenForks(const std::function<void()>& work) {
  const std::lock_guard lock(fork_mutex);
  work();
}

}  // namespace deltaic
