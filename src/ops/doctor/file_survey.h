#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "ops/doctor/health.h"
#include "ops/doctor/range_overlap.h"
#include "table/snapshot.h"
#include "table/stats_columns.h"

namespace deltaic {

/// Counts the live files of a snapshot: sizes, partitions, deleted rows, statistics. One thread at
/// a time, used once.
class FileSurvey {
 public:
  /// \param num_partitions  named in the result, the largest.
  static Result<FileSurvey> Make(const SnapshotPtr& snapshot, int64_t num_partitions);

  /// \retval kCorruption  statistics or partition values that do not parse, naming the file.
  Status Run(const CancellationToken& cancel);
  /// Puts what was counted where it belongs.
  void Report(TableHealth& out) &&;

 private:
  /// One leaf column, and where the batches have its statistics; -1: not at all.
  struct Column {
    std::string name;
    int null_count = -1, min = -1, max = -1;
    int64_t num_files_known = 0;
    std::vector<ValueRange> ranges;  ///< of the sample
  };

  FileSurvey() = default;
  void FindColumns();
  Status TakeBatch(const arrow::RecordBatch& files);
  int32_t PartitionOf(const arrow::RecordBatch& values, int64_t row, int64_t size_bytes);
  void TakeColumns(const arrow::RecordBatch& stats);
  void TakeSample(const arrow::RecordBatch& stats, int64_t row, int32_t partition);
  void ReportSizes(TableHealth& out);
  void ReportPartitions(TableHealth& out);
  void ReportColumns(TableHealth& out);

  SnapshotPtr snapshot_;
  int64_t most_partitions_ = 0;
  std::shared_ptr<const StatsColumns> stats_;
  std::vector<Column> columns_;
  int64_t num_columns_left_out_ = 0;
  std::vector<int64_t> sizes_;
  std::map<std::string, int32_t, std::less<>> partition_numbers_;
  std::vector<PartitionHealth> partitions_;
  int64_t num_rows_ = 0, num_without_stats_ = 0, num_with_deleted_ = 0, num_deleted_ = 0;
  int64_t sample_step_ = 1, num_sampled_ = 0;
};

}  // namespace deltaic
