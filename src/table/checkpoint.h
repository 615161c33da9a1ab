#pragma once

#include <cstdint>
#include <functional>

#include "base/cancellation.h"
#include "base/status.h"
#include "table/checkpoint_parts.h"
#include "table/checkpoint_top.h"
#include "table/snapshot.h"

namespace deltaic {

/// What may stop the writing of a checkpoint, and who wants to know how far it is.
struct CheckpointRun {
  CancellationToken cancel = CancellationToken::None();
  std::function<void(int64_t)> progress;  ///< gets the live files written so far; may be empty
  // Where the table wants sidecars:
  int64_t actions_per_sidecar = kActionsPerSidecar;
  int64_t most_json_actions = kMostJsonActions;  ///< beside file actions: more go to Parquet
  bool classic_name = false;  ///< for readers that find checkpoints under no other
};

/// Writes the checkpoint of `snapshot`'s version from its columns, streaming, then
/// `_last_checkpoint` (never moved backwards): one Parquet file with the classic name, which holds
/// all of it, or, with delta.checkpointPolicy=v2, one named by a UUID with the names of sidecars,
/// which have the files. Tombstones older than the retention are left out, `txn`s by
/// delta.setTransactionRetentionDuration. Safe beside other writers.
/// \retval kConflict  the version is not in the log any more (CheckStillInLog).
Status WriteCheckpoint(const Snapshot& snapshot, const CheckpointRun& run = {});

struct WrittenCheckpoint {
  TopFile top;                                ///< the file that is found by listing
  int64_t num_files = 0, num_data_bytes = 0;  ///< live ones of the table
};

/// The same for a version that is known to be in the log.
Result<WrittenCheckpoint> WriteCheckpointFile(const Snapshot& snapshot,
                                              const CheckpointRun& run = {});

}  // namespace deltaic
