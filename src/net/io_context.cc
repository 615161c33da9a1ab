#include "net/io_context.h"

#include <algorithm>
#include <thread>

namespace deltaic {
namespace {

using Clock = std::chrono::steady_clock;

/// How soon a cancelled wait ends; the token wakes nobody.
constexpr std::chrono::milliseconds kPoll(20);

}  // namespace

bool MemoryBudget::TryTake(int64_t bytes) {
  int64_t taken = taken_.load(std::memory_order_relaxed);
  do {
    if (taken > 0 && bytes > max_bytes_ - taken) return false;
  } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
  return true;
}

Status IoContext::Check() const {
  DELTAIC_RETURN_IF_ERROR(cancel.Check());
  if (deadline && Clock::now() >= *deadline) {
    return Status::Unavailable(
        "the time allowed for this call is over; try again, or allow it more");
  }
  return Status();
}

Status IoContext::Wait(std::chrono::nanoseconds time) const {
  const Clock::time_point end = Clock::now() + time;
  for (;;) {
    DELTAIC_RETURN_IF_ERROR(Check());
    const Clock::time_point now = Clock::now();
    if (now >= end) return Status();
    std::this_thread::sleep_until(
        std::min({end, now + kPoll, deadline.value_or(Clock::time_point::max())}));
  }
}

}  // namespace deltaic
