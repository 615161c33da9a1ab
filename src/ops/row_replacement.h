#pragma once

#include <arrow/type_fwd.h>

#include <optional>

#include "base/status.h"
#include "ops/column_filler.h"
#include "ops/row_changes.h"
#include "ops/write.h"
#include "ops/write_plan.h"
#include "table/transaction.h"

namespace deltaic {

/// What a replacement of rows did.
struct ReplacedRows {
  RowChangeCounts changed;
  /// As SinkResult has it.
  SchemaPtr advanced_schema;
};

/// replaceWhere by any predicate: the rows of the table that make it true go, as by a DELETE, and
/// new ones come, all of which must make it true. Both are one commit. Where the table has a change
/// data feed and files are written again, the new rows are recorded with the deleted ones. One
/// thread at a time.
class RowReplacement {
 public:
  /// \param plan  with replaces_rows. \param plan, options  outlive this.
  RowReplacement(SnapshotPtr snapshot, const WritePlan& plan, const WriteOptions& options);

  /// Writes the files, and stages them with what was read.
  /// \retval kConstraintViolated  a new row does not make the predicate true, or breaks a rule.
  Result<ReplacedRows> Run(arrow::RecordBatchReader& input, Transaction& transaction);
  /// How the commit went, as UncommittedFiles::Settle().
  void Settle(const Status& committed) { changes_.Settle(committed); }

 private:
  Status TakeRows(const CandidateFiles& files);
  Status PutRows(arrow::RecordBatchReader& input);

  const SnapshotPtr snapshot_;
  const WritePlan& plan_;
  const WriteOptions& options_;
  RowChanges changes_;
  std::optional<ColumnFiller> filler_;
};

}  // namespace deltaic
