#pragma once

#include <memory>

#include "base/status.h"
#include "ops/alter/alter.h"
#include "ops/alter/table_change.h"
#include "table/snapshot.h"
#include "table/table.h"

namespace deltaic {

/// What changes are planned on.
Result<TableFacts> TableFactsOf(const Snapshot& snapshot);

/// Drops a feature from a table. What the table still does with it is ended first, by commits of
/// its own: properties are unset, deletion vectors purged, files without column mapping or with
/// today's types written in place of all. Then, for a feature that older versions hold traces of:
/// - three empty commits get a checkpoint each, the feature goes, and the checkpoints of before are
///   protected (checkpointProtection); or
/// - with truncate_history, older versions are deleted, once all of them are older than
///   delta.dropFeatureTruncateHistory.retentionDuration (24 hours). Until then this fails, saying
///   when to call again.
/// \param plan  of the change, on `snapshot`, which is the newest version.
/// \retval kInvalidArgument  also where it is too early.
/// \retval kConflict  another commit came between those of this.
Result<AlterResult> RemoveFeature(const std::shared_ptr<Table>& table, SnapshotPtr snapshot,
                                  PlannedChange plan, const AlterOptions& options);

}  // namespace deltaic
