#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "data/write/data_file_writer.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "ops/optimize/rearrangement_commit.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

enum class OptimizeKind {
  kCompact,  ///< small files become large ones
  kZOrder,   ///< rows with near values of some columns come into the same files
  kPurge,    ///< files with deletion vectors are written without the deleted rows (REORG)
};

/// What files are to become where the caller does not say: the table's delta.targetFileSize, or
/// 128 MiB.
int64_t OptimizedFileBytes(const TableProperties& properties);

struct OptimizeOptions {
  OptimizeKind kind = OptimizeKind::kCompact;
  std::vector<std::string> columns;  ///< of kZOrder: "a", "s.b"
  /// Of a clustered table, which a compaction clusters: files that were clustered by other columns
  /// are taken too.
  bool full = false;
  int64_t min_cube_bytes = 0;   ///< of clustering; 0: 100 GiB. Larger cubes are left alone
  int64_t max_spill_bytes = 0;  ///< of temporary files, where rows are sorted; 0: any
  ExprPtr predicate;  ///< unbound or bound; names partition columns only; nullptr = all files
  Session session;    ///< of the predicate
  int64_t min_file_size_bytes = 0;  ///< smaller files are rewritten; 0: the target size
  int max_concurrent_tasks = 0;     ///< groups written at once; 0: one a thread
  /// Commits what is done once so much time has passed; unset: all of it in one commit.
  std::optional<int64_t> min_commit_interval_ms;
  bool plan_only = false;  ///< nothing is written
  /// Follows a write by itself: says so in the log, and joins files of clustered tables that are
  /// not clustered yet, rather than sorting them.
  bool automatic = false;
  /// Only of these partitions, as SortedValues() has them; unset: of all.
  std::optional<std::set<PartitionValues>> partitions;
  int64_t min_files = 0;  ///< a partition with fewer files to join is left alone
  /// target_file_size_bytes is what files are to become, max_memory_bytes that of all of the work.
  DataFileOptions files;
  CommitSpec commit;
  std::function<void(int64_t rows)> progress;  ///< rows written so far; called from any thread
  CancellationToken cancel = CancellationToken::None();
};

/// One group of the plan.
struct PlannedGroup {
  std::string partition;  ///< as DescribePartition() has it
  int64_t num_files = 0, num_bytes = 0, num_rows = 0;
};

struct OptimizeResult {
  std::optional<Version> version;  ///< of the last commit; none where there was nothing to do
  SnapshotPtr snapshot;            ///< after it
  RearrangementCounts done;
  int64_t num_considered = 0, num_skipped = 0;  ///< files
  bool keeps_order = true;                      ///< rows follow each other as before
  std::string strategy;                         ///< preserveLocality, zOrder, clustering, purge
  std::vector<PlannedGroup> plan;
  int64_t execution_time_ms = 0;
};

/// Writes files again so that there are fewer of them, and without deleted rows. The table holds
/// the same rows before and after, and readers of changes see nothing. Runs beside appends and
/// row changes: where one of them takes a file that is being rewritten, its group is given up and
/// the rest is committed. Memory is bounded by `files.max_memory_bytes`.
/// \param base  the snapshot to work on where the caller has one, else nullptr.
/// A clustered table is clustered instead of compacted: rows are sorted along the Hilbert curve
/// through its clustering columns, files that are not clustered yet and cubes that are small.
/// \retval kInvalidArgument  z-order columns that are unknown, of a type without an order, or of
/// partitions; z-order or a predicate of a clustered table; a predicate over other columns than
/// those of partitions.
/// \retval kUnsupported  the table has a feature that this build does not write.
/// \retval kConflict  the table's schema or properties changed meanwhile.
Result<OptimizeResult> OptimizeTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                     const OptimizeOptions& options);

}  // namespace deltaic
