#include "storage/process_end.h"

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "base/fork.h"
#include "base/made_once.h"

namespace deltaic {

struct UntilProcessEnd::Entry {
  std::function<void()> stop;
  uint32_t generation = ForkGeneration();  ///< a child has none of its parent's threads
};

namespace {

constinit ForkSafeMutex mutex;  ///< guards has_ended and the entries
constinit bool has_ended = false;

}  // namespace

std::set<UntilProcessEnd::Entry*>& UntilProcessEnd::Entries() {
  return MadeOnce([] { return std::set<Entry*>(); });
}

UntilProcessEnd::UntilProcessEnd(std::function<void()> stop) : entry_(new Entry{std::move(stop)}) {
  MindFirstUses();
  const std::lock_guard lock(mutex);
  if (has_ended) {
    entry_->stop();
  } else {
    Entries().insert(entry_);
  }
}

UntilProcessEnd::~UntilProcessEnd() {
  {
    const std::lock_guard lock(mutex);
    Entries().erase(entry_);
  }
  delete entry_;
}

void UntilProcessEnd::MindFirstUses() {
  // Handlers run in the order opposite to their registration: a later one comes before libraries
  // that were used meanwhile. At 1, 2, 4, 8 calls and so on, for the system keeps each one.
  static constinit std::atomic<uint64_t> num_calls{0};
  if (!std::has_single_bit(++num_calls)) return;
  std::atexit([] {
    const std::lock_guard lock(mutex);
    has_ended = true;
    for (Entry* entry : std::exchange(Entries(), {})) {
      if (entry->generation == ForkGeneration()) entry->stop();
    }
  });
}

}  // namespace deltaic
