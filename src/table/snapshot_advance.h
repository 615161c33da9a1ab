#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "protocol/version_checksum.h"
#include "table/checkpoint.h"
#include "table/commit_loop.h"
#include "table/snapshot.h"
#include "table/table.h"

namespace deltaic {

/// The snapshot after commits whose text is at hand: reads nothing, so that it cannot fail where
/// the log is whole.
/// \param base  nullptr before the first commit.
/// \param commits  the next ones after `base`, without a gap.
/// \param now  stands for the time of the last commit file.
/// \param counts  of the files after them, where they are known.
Result<SnapshotPtr> AdvanceSnapshot(const Table& table, const SnapshotPtr& base,
                                    const std::vector<CommitText>& commits, TimestampMs now,
                                    std::optional<VersionChecksum> counts = std::nullopt);

/// The same version, resting on its own checkpoint, which has just been written, instead of on the
/// commits before it.
Result<SnapshotPtr> RestOnCheckpoint(const Snapshot& snapshot, const WrittenCheckpoint& checkpoint,
                                     TimestampMs now);

}  // namespace deltaic
