#pragma once

#include <chrono>
#include <memory>

#include "base/status.h"
#include "storage/work_ahead.h"
#include "table/snapshot.h"

namespace deltaic {

/// Ok if the version that `snapshot` was loaded at is still in the log, so that a commit may follow
/// it or a checkpoint stand for it: not where the table was deleted, made anew, or has cleaned up
/// its log since. Costs one read, or a listing.
/// \retval kConflict  it is not there; or what may have come after it is gone.
Status CheckStillInLog(const Snapshot& snapshot);

/// The same, begun while something else is done. One thread at a time.
class CheckAhead {
 public:
  explicit CheckAhead(SnapshotPtr snapshot);
  /// What it found, if that is hardly older than this call; else looks again.
  Status Get();

 private:
  const SnapshotPtr snapshot_;
  const std::chrono::steady_clock::time_point begun_;
  WorkAhead<bool> found_;
};

}  // namespace deltaic
