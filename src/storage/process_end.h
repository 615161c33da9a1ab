#pragma once

#include <functional>
#include <set>

namespace deltaic {

/// Lives as long as threads of ours may use Arrow without anybody waiting for them. What Arrow
/// keeps for the process is destroyed while the process ends, beside threads that still run: so
/// these are stopped before, by `exit` as by the return of `main`.
class UntilProcessEnd {
 public:
  /// \param stop  stops the threads, and waits for those that are at work, not for long. Called at
  /// most once, by the thread that ends the process, or at once where that has begun.
  explicit UntilProcessEnd(std::function<void()> stop);
  UntilProcessEnd(const UntilProcessEnd&) = delete;
  UntilProcessEnd& operator=(const UntilProcessEnd&) = delete;
  /// Waits for `stop` where it runs. Nothing that `stop` waits for may wait for this.
  ~UntilProcessEnd();

  /// Says that the threads have done their first work: what a library makes at its first use is
  /// destroyed before what was there earlier, the call of `stop` among it.
  static void MindFirstUses();

 private:
  struct Entry;
  /// Those that live; guarded by the mutex of process_end.cc.
  static std::set<Entry*>& Entries();

  Entry* const entry_;
};

}  // namespace deltaic
