#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "ops/alter/stored_types.h"
#include "protocol/actions.h"
#include "protocol/clustering_domain.h"
#include "table/snapshot.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

/// The files of a table written again for another metadata, which tells the same columns otherwise.
struct WholeRewrite {
  Metadata metadata;
  /// Set where not all files need it: what columns of the others must not be. They are looked at
  /// one by one.
  std::optional<ChangedColumns> stale;
  std::optional<std::vector<PhysicalPath>> clustering;  ///< set where it changes
  int num_threads = 0;                                  ///< 0 = cores
  CommitSpec commit;                                    ///< without metrics
  CancellationToken cancel = CancellationToken::None();
};

struct WholeRewriteResult {
  SnapshotPtr snapshot;
  int64_t num_files = 0;  ///< that were written again
};

/// Writes them and commits metadata and files at once. Rows keep their ids, and readers of changes
/// see nothing. Memory is bounded.
/// \retval kConflict  another commit came meanwhile.
Result<WholeRewriteResult> RewriteTable(const std::shared_ptr<Table>& table,
                                        const SnapshotPtr& snapshot, const WholeRewrite& options);

}  // namespace deltaic
