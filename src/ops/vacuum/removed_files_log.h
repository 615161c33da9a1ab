#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "table/snapshot.h"

namespace deltaic {

/// A path that a commit removed, or wrote change data to: below the root, decoded.
using RemovedPathVisitor = std::function<Status(std::string path, int64_t size_bytes)>;

/// What the log's commits say of files that are not needed any more. Source: write.md, section 4,
/// VACUUM LITE.
struct RemovedFilesRange {
  std::optional<Version> last;  ///< the newest commit that was read; none: none was
  /// False where the log has lost commits that no lite vacuum has dealt with: files that those
  /// removed are found by a full vacuum alone.
  bool is_complete = true;
};

/// Reads the commits since the last lite vacuum that are not younger than `cutoff`.
Result<RemovedFilesRange> ReadRemovedFiles(const Snapshot& newest, TimestampMs cutoff,
                                           const CancellationToken& cancel,
                                           const RemovedPathVisitor& visit);

/// Reads the commits that are not older than `since`, and gives what they removed.
Status ReadRemovedSince(const Snapshot& newest, TimestampMs since, const CancellationToken& cancel,
                        const RemovedPathVisitor& visit);

/// Notes for the next lite vacuum how far this one has come.
Status WriteLastVacuum(LogStore& log, Version last);

}  // namespace deltaic
