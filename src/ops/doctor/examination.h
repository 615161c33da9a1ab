#pragma once

#include <cstdint>
#include <memory>

#include "base/cancellation.h"
#include "base/status.h"
#include "ops/doctor/health.h"
#include "table/table.h"

namespace deltaic {

struct ExaminationOptions {
  /// False: the table's folder is not listed, so that what a vacuum would free stays unknown. On an
  /// object store with many files a listing takes long.
  bool list_folder = true;
  int64_t num_commits = 200;     ///< of the log, the newest
  int64_t num_partitions = 100;  ///< named, the largest
  CancellationToken cancel = CancellationToken::None();
};

/// Looks at a version of a table: its files by the log, the log's folder, and, where asked for, the
/// table's folder. Reads no data file, writes nothing. Memory is bounded but for a few bytes a
/// file.
/// \retval kCorruption  statistics or partition values that do not parse, naming the file.
Result<TableHealth> ExamineTable(const std::shared_ptr<Table>& table, const SnapshotPtr& snapshot,
                                 const ExaminationOptions& options);

}  // namespace deltaic
