#pragma once

#include <cstdint>
#include <functional>

#include "base/cancellation.h"
#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic {

/// What may stop the writing of a checkpoint, and who wants to know how far it is.
struct CheckpointRun {
  CancellationToken cancel = CancellationToken::None();
  std::function<void(int64_t)> progress;  ///< gets the live files written so far; may be empty
};

/// Writes the classic checkpoint of `snapshot`'s version from its columns, streaming, then
/// `_last_checkpoint` (never moved backwards). Tombstones older than the retention are left out,
/// `txn`s by delta.setTransactionRetentionDuration. Safe beside other writers.
/// \retval kConflict  the version is not in the log any more (CheckStillInLog).
/// \retval kUnsupported  the table needs a checkpoint form this build does not write, by name.
Status WriteCheckpoint(const Snapshot& snapshot, const CheckpointRun& run = {});

/// The same for a version that is known to be in the log. \return the size of the checkpoint in
/// bytes.
Result<int64_t> WriteCheckpointFile(const Snapshot& snapshot, const CheckpointRun& run = {});

}  // namespace deltaic
