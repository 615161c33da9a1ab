#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

/// How the folders of files tell their partition values.
enum class PartitionStrategy {
  kHive,       ///< day=2024-01-31/a.parquet
  kDirectory,  ///< 2024-01-31/a.parquet
};

struct ConvertOptions {
  SchemaPtr partition_schema;  ///< names and types of the columns in paths; nullptr: none
  PartitionStrategy strategy = PartitionStrategy::kHive;
  std::string iceberg_metadata;  ///< of an Iceberg table: which metadata.json is the table; empty:
                                 ///< the newest
  bool ignore_existing = false;  ///< a table that is there is left alone
  bool collect_stats = true;     ///< of what the footers tell
  StringMap properties;
  std::optional<std::string> name, description;
  std::vector<Txn> transactions;  ///< of applications; committed along
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

struct ConvertResult {
  SnapshotPtr snapshot;
  bool skipped = false;                         ///< a table was there
  std::string source_format = "parquet";        ///< or "iceberg"
  std::optional<std::string> iceberg_metadata;  ///< what was converted, below the root
  int64_t num_files = 0, num_bytes = 0, num_rows = 0;
};

/// Makes the Parquet files below the root of `table` a table, as version 0: their footers are read,
/// nothing is copied. The columns are those of all files, nullable. What begins with "_" or "." is
/// passed over.
/// \retval kAlreadyExists  \retval kNotFound  no Parquet file is there.
/// \retval kUnsupported  the folder of an Iceberg table.
/// \retval kSchemaMismatch  a column of two types.
/// \retval kInvalidArgument  folders that do not tell the partition values, or tell values that
/// nobody asked for; properties that need other files.
Result<ConvertResult> ConvertToTable(const std::shared_ptr<Table>& table,
                                     const ConvertOptions& options);

}  // namespace deltaic
