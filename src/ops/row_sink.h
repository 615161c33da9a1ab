#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "expr/expr.h"
#include "ops/written_file.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "storage/object_store.h"
#include "table/snapshot.h"

namespace deltaic {

/// Where rows come from, and so what a sink does to them.
enum class RowOrigin {
  kSupplied,  ///< by the caller: what is missing is computed, and all is checked
  kComputed,  ///< by an operation, which gives every column: checked
  kStored,    ///< the table has them already (rows copied, images of the past): neither
};

/// The table that rows are for, as it is when they are committed.
struct RowSinkTarget {
  DataFileTarget files;     ///< schema, partition columns, kind of file, extra columns
  StringMap configuration;  ///< of the metadata: the constraints are there
  Status status;            ///< where the target could not be told: RowSink::Make returns it
  ExprPtr condition;  ///< bound; one more rule for new rows, of this write alone (replaceWhere)
};

/// Whether a table with that protocol has its variants shredded (delta.enableVariantShredding).
bool ShredsVariants(const Protocol& protocol, const StringMap& configuration);

/// The target for rows of the table as it is.
RowSinkTarget TargetOf(const Snapshot& snapshot);
/// Gives data files of `table` the columns, by these names, in which rows keep their ids and commit
/// versions.
void AddTrackingColumns(RowSinkTarget& table, const std::string& row_id,
                        const std::string& row_commit_version);
/// The target for the change data of `table`'s rows: with the column `_change_type` (text, not
/// null) after the others.
RowSinkTarget ChangeDataTarget(RowSinkTarget table);

/// What a finished sink knows.
struct SinkResult {
  std::vector<WrittenFile> files;
  int64_t num_rows = 0;
  int64_t num_bytes = 0;
  /// The table's schema with the identity columns' new high-water marks, to be committed with the
  /// files; nullptr where no identity value was given out.
  SchemaPtr advanced_schema;
};

/// The one way from rows to files of a table, for every operation: makes a batch fit, computes what
/// is missing, checks it, writes it, and collects what was written. Memory is bounded by the
/// options' max_memory_bytes. One thread at a time. Destroying it before Finish() removes its
/// files; after it they are the caller's (UncommittedFiles).
class RowSink {
 public:
  /// \retval kUnsupported  a rule of the table that this build cannot evaluate, by name.
  static Result<std::unique_ptr<RowSink>> Make(
      std::shared_ptr<ObjectStore> store, RowSinkTarget target, DataFileOptions options,
      CancellationToken cancel = CancellationToken::None());
  ~RowSink();

  /// \param batch  columns by name (ConformBatch), any order, the target's extra ones among them.
  /// \retval kSchemaMismatch  a column does not fit.
  /// \retval kConstraintViolated  a row breaks a rule of the table.
  /// \retval kInvalidArgument  a value for an identity column that takes none.
  Status Write(const std::shared_ptr<arrow::RecordBatch>& batch, RowOrigin origin);

  /// Writes all of `input`. Stops where `cancel` says so.
  Status WriteAll(arrow::RecordBatchReader& input, RowOrigin origin);

  /// Closes all files durably. No call after it.
  Result<SinkResult> Finish();

  /// Rows taken so far. Safe from any thread.
  int64_t rows_written() const;
  /// What rows hold that are not in a file yet, by estimate.
  int64_t memory_bytes() const;

 private:
  struct Impl;
  explicit RowSink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic
