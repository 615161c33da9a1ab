#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "ops/alter/table_change.h"
#include "protocol/actions.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct AlterOptions {
  TableChange change;
  int num_threads = 0;            ///< that check rows; 0 = cores
  std::vector<Txn> transactions;  ///< of applications; committed along
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

struct AlterResult {
  std::optional<Version> version;  ///< none where nothing was to do
  SnapshotPtr snapshot;
  int64_t num_checked_rows = 0;     ///< against a new constraint
  int64_t num_rewritten_files = 0;  ///< that were written with a feature which goes
  int num_retries = 0;
};

/// Changes a table and none of its rows, as one commit on the newest version. A new constraint is
/// checked against the rows that are there. Dropping a feature may take more: see RemoveFeature().
/// \retval kInvalidArgument, kUnsupported  as PlanTableChange().
/// \retval kConstraintViolated  a row breaks the new constraint, with its values.
/// \retval kConflict  a newer commit changed the table too, or wrote rows that were not checked.
Result<AlterResult> AlterTable(const std::shared_ptr<Table>& table, const AlterOptions& options);

}  // namespace deltaic
