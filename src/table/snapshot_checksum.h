#pragma once

#include <optional>

#include "protocol/version_checksum.h"
#include "table/snapshot_impl.h"

namespace deltaic {

/// The checksum file of the segment's version if it says anything usable: it is optional, and those
/// found in the wild leave much out.
std::optional<VersionChecksum> ReadChecksum(const LogStore& log, const LogSegment& segment);

/// That protocol and metadata of a snapshot, which a checksum told, are those of its commits.
/// \retval kCorruption  they are not: nothing read by them can be trusted.
Status CheckAgreement(const CommitChunks& chunks, const Snapshot::Impl& impl);

/// Warns where the checksum counts other files than the log, which is what counts: a writer has
/// lost its count.
void CompareChecksum(const Snapshot::Impl& impl, const Snapshot::FileTotals& totals);

/// True if two snapshots of one version have the same protocol and metadata.
bool SameState(const Snapshot::Impl& a, const Snapshot::Impl& b);

}  // namespace deltaic
