#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "table/table.h"

namespace deltaic {

struct LogCleanup {
  /// Commits until then may go; default: delta.logRetentionDuration before now.
  std::optional<TimestampMs> cutoff;
  bool dry_run = false;
  CancellationToken cancel = CancellationToken::None();
};

struct LogCleanupResult {
  std::vector<std::string> files;  ///< names of log files that went, or would
  int64_t num_bytes = 0;
  Version first_version;  ///< the oldest that can be loaded afterwards
};

/// Deletes the files of the log that no version within the retention needs: those before the newest
/// complete checkpoint that is not after the first version within it. That checkpoint and its
/// commit stay, and where there is none everything does. Commits go before checkpoints, the oldest
/// first, so that what an interruption leaves is a log. Sidecars that no checkpoint names any more
/// follow when they are a day old.
/// \retval kUnsupported  a table whose commits a catalog keeps; one that protects checkpoints
/// (checkpointProtection) of which some would have to stay.
/// \retval kCorruption  the checkpoint that would be left cannot be read.
Result<LogCleanupResult> CleanUpLog(const Table& table, const Snapshot& newest,
                                    const LogCleanup& options);

/// The cutoff of cleanups that nobody asks for: midnight UTC of the day on which the retention
/// ends, as in Spark, so that not every checkpoint deletes something.
TimestampMs AutomaticCutoff(const TableProperties& properties, int64_t now_ms);

}  // namespace deltaic
