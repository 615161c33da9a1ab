#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "ops/row_change_support.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct DeleteOptions {
  ExprPtr predicate;              ///< unbound or bound; nullptr = all rows
  Session session;                ///< of the expressions; without a time the clock's
  DataFileOptions files;          ///< of files that are written again
  std::vector<Txn> transactions;  ///< of applications; committed along, and where nothing
                                  ///< changes alone
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

/// Deletes the rows that make the predicate true; others, null ones among them, stay. Without a
/// predicate, or where it names partition columns only, whole files go and no row is read. Else
/// rows are marked in deletion vectors where the table writes them (delta.enableDeletionVectors),
/// and where it does not, the files that hold them are written again without.
/// \param base  the snapshot to work on where the caller has one, else nullptr.
/// \return RowChangeCounts::num_taken_rows is the number of rows deleted.
/// \retval kInvalidArgument  the predicate does not bind; the table is append-only.
/// \retval kConflict  a newer commit added rows that match, or changed files with such rows.
Result<RowChangeResult> DeleteRows(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                   const DeleteOptions& options);

}  // namespace deltaic
