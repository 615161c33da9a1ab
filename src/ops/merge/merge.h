#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "ops/row_assignments.h"
#include "ops/row_change_support.h"

namespace deltaic {

/// Which rows a clause is for.
enum class MergeWhen { kMatched, kNotMatched, kNotMatchedBySource };
enum class MergeAction { kUpdate, kDelete, kInsert };

/// WHEN ... THEN ...
struct MergeClause {
  MergeWhen when = MergeWhen::kMatched;
  MergeAction action = MergeAction::kUpdate;  ///< kInsert goes with kNotMatched, and it alone
  ExprPtr condition;                          ///< unbound; nullptr = always
  bool all_columns = false;                   ///< `*` instead of assignments
  std::vector<std::string> except_columns;    ///< that `*` leaves out
  bool skip_missing = false;                  ///< `*` leaves out what the source lacks, too
  std::vector<Assignment> assignments;
};

struct MergeOptions {
  ExprPtr on;  ///< unbound; columns are named bare where only one side has them, else by alias
  std::string target_alias = "target", source_alias = "source";
  std::vector<MergeClause> clauses;  ///< of each kind the first whose condition is true counts
  bool merge_schema = false;         ///< columns that are assigned and that only the source has are
                                     ///< added to the table
  Session session;                   ///< of the expressions; without a time the clock's
  int64_t max_source_bytes = 0;      ///< of the source in memory at once; 0 = a quarter of it
  int64_t max_spill_bytes = 0;       ///< of temporary files, where the source is larger; 0 = any
  DataFileOptions files;
  std::vector<Txn> transactions;  ///< of applications; committed along, and where nothing
                                  ///< changes alone
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

/// By Spark's names.
struct MergeCounts {
  int64_t num_source_rows = 0;
  int64_t num_inserted = 0;
  int64_t num_matched_updated = 0, num_matched_deleted = 0;
  int64_t num_not_matched_by_source_updated = 0, num_not_matched_by_source_deleted = 0;
  int64_t num_files_scanned = 0, num_files_skipped = 0;

  int64_t num_updated() const { return num_matched_updated + num_not_matched_by_source_updated; }
  int64_t num_deleted() const { return num_matched_deleted + num_not_matched_by_source_deleted; }
};

struct MergeResult {
  RowChangeResult change;
  MergeCounts rows;
};

/// Merges rows into a table as Spark's MERGE INTO does. The source is read once, into memory as far
/// as it has room; a larger one waits on disk, and the table is gone through once for each part; of
/// the table only files, row groups and pages that can hold its keys are read, by the columns of ON
/// first. Rows that change are taken by deletion vectors, or by writing files again, as in
/// UpdateRows().
/// \param base  the snapshot to work on where the caller has one, else nullptr.
/// \retval kInvalidArgument  a clause that does not go with its kind, a name unknown or in both
/// tables, values that do not bind or overflow; a row of the table that several rows of the source
/// match; a source larger than max_source_bytes without keys in ON, or with that much of one key;
/// the table is append-only and rows would go.
/// \retval kSchemaMismatch  a value of a type that its column does not store.
/// \retval kConstraintViolated  a new row breaks a rule of the table.
/// \retval kConflict  a newer commit added rows that may match, or changed files that were read.
Result<MergeResult> MergeRows(const std::shared_ptr<Table>& table, SnapshotPtr base,
                              arrow::RecordBatchReader& source, const MergeOptions& options);

}  // namespace deltaic
