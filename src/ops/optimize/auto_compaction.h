#pragma once

#include <memory>
#include <optional>

#include "base/cancellation.h"
#include "protocol/actions.h"
#include "table/snapshot.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

/// What a commit was made with, as far as the compaction after it goes the same way.
struct AutoCompactionOptions {
  std::optional<bool> wanted;  ///< in place of the table's property
  CommitSpec commit;           ///< of the commit
  int num_threads = 0;         ///< 0 = cores
  CancellationToken cancel = CancellationToken::None();
};

/// Joins the small files of the partitions that version `version` added files to, where the table
/// asks for it and one of them has fifty (as in Spark: files below 64 MiB become files of 128 MiB).
/// The commit stands whatever happens here: failures are logged, and the next commit tries again.
/// \param snapshot  the table after the commit.
/// \param version  of it; nullopt: nothing was committed.
/// \return the newest version that this knows of.
SnapshotPtr CompactAfterCommit(const std::shared_ptr<Table>& table, SnapshotPtr snapshot,
                               std::optional<Version> version,
                               const AutoCompactionOptions& options);

}  // namespace deltaic
