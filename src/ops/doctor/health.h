#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/strong_types.h"

/// What is known of the state that a table is in: plain values, made by examination.h, judged by
/// advice.h.
namespace deltaic {

/// Files of a range of sizes.
struct SizeClass {
  int64_t from_bytes = 0;   ///< inclusive; 0, or 1, 2 or 5 times a power of ten
  int64_t below_bytes = 0;  ///< exclusive; where the next class begins
  int64_t num_files = 0, num_bytes = 0;
};

struct PartitionHealth {
  std::string name;  ///< as DescribePartition() has it; "" where the table has no partitions
  int64_t num_files = 0, num_bytes = 0;
};

/// One leaf column, as the statistics of files know it.
struct ColumnHealth {
  std::string name;  ///< "a", "s.b"
  bool has_order = false;
  bool is_clustered_by = false;
  double share_with_stats = 0;  ///< of the files: a null count, and bounds or nothing but nulls
  /// Of a partition's files, those in whose range a value lies: 1 where every query by this column
  /// reads them all. Unset where no partition has two files with bounds.
  std::optional<double> share_read;
  /// Ranges of some files of the largest partition, in the order of their minima, as places among
  /// all bounds: 0 to 1.
  std::vector<std::pair<double, double>> ranges;
};

/// One commit of the log.
struct CommitPoint {
  Version version;
  TimestampMs time;
  std::string operation;  ///< "WRITE"; "" where the commit does not say
};

/// The folder `_delta_log`.
struct LogHealth {
  int64_t num_files = 0, num_bytes = 0;
  std::optional<Version> first_version;       ///< the oldest commit that is left
  std::optional<Version> checkpoint_version;  ///< the newest checkpoint
  int64_t commits_since_checkpoint = 0;       ///< that every reader reads
  int64_t bytes_since_checkpoint = 0;
  int64_t checkpoint_interval = 0;                       ///< of the table's properties
  int64_t num_expired_files = 0, num_expired_bytes = 0;  ///< that a cleanup would delete
  std::vector<CommitPoint> commits;                      ///< the newest, oldest first
};

/// What a vacuum would delete, and what it keeps for older versions.
struct ReclaimableSpace {
  int64_t num_files = 0, num_bytes = 0;  ///< not needed by any version within the retention
  int64_t num_kept_files = 0, num_kept_bytes = 0;  ///< removed, but within the retention
};

/// What a compaction would do.
struct CompactionOutlook {
  int64_t num_files = 0, num_bytes = 0;  ///< to be written again
  int64_t num_groups = 0;                ///< into at least so many files
  std::string strategy;                  ///< as OptimizeResult has it
};

struct TableHealth {
  std::string uri;
  std::string name;  ///< "" where it has none
  Version version;
  TimestampMs time;  ///< of the version
  TimestampMs at;    ///< when it was looked at
  int64_t num_files = 0, num_bytes = 0;
  std::optional<int64_t> num_rows;  ///< where every file counts them; deleted ones taken off
  int64_t target_file_bytes = 0;
  int64_t num_small_files = 0;  ///< under a quarter of the target
  int64_t largest_file_bytes = 0, median_file_bytes = 0;
  int64_t num_files_without_stats = 0;  ///< that do not even count their rows
  std::vector<SizeClass> sizes;         ///< ascending, without gaps

  std::vector<std::string> partition_columns;
  int64_t num_partitions = 0;  ///< 1 of a table without
  int64_t median_partition_bytes = 0;
  std::vector<PartitionHealth> partitions;  ///< the largest, largest first

  int64_t num_files_with_deleted_rows = 0, num_deleted_rows = 0;
  bool deletion_vectors_enabled = false;
  bool is_clustered = false;
  std::vector<ColumnHealth> columns;  ///< in the schema's order
  int64_t num_columns_left_out = 0;   ///< of tables with very many

  LogHealth log;
  std::optional<ReclaimableSpace> reclaimable;  ///< unset where nobody looked
  std::optional<CompactionOutlook> compaction;  ///< unset where this build must not write the table
  int64_t deleted_file_retention_ms = 0;
};

enum class Severity { kGood, kNote, kWarning };

/// One thing found, and what mends it.
struct Finding {
  std::string id;  ///< "small_files": stays the same between releases
  Severity severity = Severity::kGood;
  std::string title;
  std::string detail;
  std::string command;  ///< "" where there is nothing to be done
};

}  // namespace deltaic
