#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/write/data_file_writer.h"
#include "expr/expr.h"
#include "ops/create.h"
#include "table/table.h"

namespace deltaic {

enum class SchemaMode { kStrict, kMerge, kOverwrite };

struct WriteOptions {
  SaveMode mode = SaveMode::kError;
  SchemaMode schema_mode =
      SchemaMode::kStrict;  ///< kMerge: new columns are added (nullable) to the table; kOverwrite:
                            ///< only with kOverwrite mode
  std::optional<std::vector<std::string>>
      partition_by;      ///< for a new table; given for an existing one it must equal the table's
  StringMap properties;  ///< for a new table
  std::optional<std::string> name, description;        ///< for a new table
  std::optional<std::vector<std::string>> cluster_by;  ///< for a new table, see CreateOptions
  bool dynamic_partitions = false;  ///< overwrite only the partitions that the new rows are of; of
                                    ///< a table without partitions, all of it
  ExprPtr replace_where;  ///< overwrite only the rows that make it true, as all new ones must;
                          ///< unbound or bound
  std::vector<Txn> transactions;  ///< application transactions, committed with the rows; whether
                                  ///< one was seen before is the caller's to check
  DataFileOptions files;
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

struct WriteResult {
  bool skipped = false;  ///< mode kIgnore and the table was there
  std::optional<Version> version;
  SnapshotPtr snapshot;
  int64_t num_added_files = 0, num_removed_files = 0, num_added_rows = 0, num_added_bytes = 0;
  int num_retries = 0;
};

/// Writes all batches of `input` as one commit, creating the table where there is none. Any failure
/// removes the files written and leaves the table as it was.
/// \param base  the snapshot to write on where the caller has one (saves loading it), else nullptr.
/// \retval kAlreadyExists  mode kError and the table is there  \retval kSchemaMismatch,
/// kConstraintViolated, kConflict, kUnsupported.
Result<WriteResult> WriteTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                               const std::shared_ptr<arrow::RecordBatchReader>& input,
                               const WriteOptions& options);

}  // namespace deltaic
