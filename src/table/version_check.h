#pragma once

#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic {

/// Ok if the version that `snapshot` was loaded at is still in the log, so that a commit may follow
/// it or a checkpoint stand for it: not where the table was deleted, made anew, or has cleaned up
/// its log since. Costs one read, or a listing.
/// \retval kConflict  it is not there; or what may have come after it is gone.
Status CheckStillInLog(const Snapshot& snapshot);

}  // namespace deltaic
