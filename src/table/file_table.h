#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic {

/// How the live files of a snapshot are shown as rows.
enum class FileTableFormat {
  kLog,      ///< as the protocol has them: AddBatchSchema of all columns
  kPaths,    ///< path, as in the log
  kUris,     ///< uri: decoded, and joined to the table's root
  kActions,  ///< path, size_bytes, modification_time, num_records, null_count, min, max, partition:
             ///< the last four structs by column
  kActionsFlat,  ///< the same, a column each: null_count.a, min.a, max.a, partition.a
};

/// A stream of the files that may hold a row of `predicate` (bound; nullptr: all files).
/// Statistics come with the table's types and logical names; a bound that the log lacks is null.
/// \retval kCorruption  statistics or partition values that do not parse, naming the file.
Result<std::shared_ptr<arrow::RecordBatchReader>> MakeFileTable(const SnapshotPtr& snapshot,
                                                                FileTableFormat format,
                                                                ExprPtr predicate);

}  // namespace deltaic
