#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "expr/session.h"
#include "ops/row_assignments.h"
#include "ops/row_change_support.h"

namespace deltaic {

struct UpdateOptions {
  std::vector<Assignment> assignments;  ///< at least one; values see the row as it was
  ExprPtr predicate;                    ///< unbound or bound; nullptr = all rows
  Session session;                      ///< of the expressions; without a time the clock's
  DataFileOptions files;
  std::vector<Txn> transactions;  ///< of applications; committed along, and where nothing
                                  ///< changes alone
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

/// Assigns columns of the rows that make the predicate true. Where the table writes deletion
/// vectors, the rows as they were are marked deleted and only those that changed are written; else
/// the files that hold them are written again. The change data feed gets both images of each row.
/// \param base  the snapshot to work on where the caller has one, else nullptr.
/// \return RowChangeCounts::num_taken_rows is the number of rows updated.
/// \retval kInvalidArgument  predicate or values do not bind, an unknown column, a value that
/// overflows; the table is append-only.
/// \retval kSchemaMismatch  a value of a type that the column does not store.
/// \retval kConstraintViolated  a new row breaks a rule of the table.
/// \retval kConflict  a newer commit added rows that match, or changed files with such rows.
Result<RowChangeResult> UpdateRows(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                   const UpdateOptions& options);

}  // namespace deltaic
