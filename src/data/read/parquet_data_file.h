#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "data/parquet/parquet_input.h"
#include "data/read/column_projection.h"
#include "data/read/read_plan.h"

namespace deltaic {

/// A row group that may have rows to return.
struct RowGroupTask {
  int index = 0;
  int64_t first_row = 0;  ///< position in the file
  int64_t num_rows = 0;
  bool all_match = false;  ///< every row makes the predicate true
};

/// One data file, opened: footer read, columns found, deletion vector loaded, row groups chosen.
/// Each row group is then read on its own, by any thread (ReadRowGroup). Immutable: safe from any
/// thread.
class ParquetDataFile {
 public:
  /// \param input  what OpenInput() gave for `file`, where it is open already.
  /// \retval kNotFound  the file is gone ("data file part-x.parquet of the table is missing; ...").
  /// \retval kCorruption  not Parquet, truncated, wrong deletion vector, types that cannot be the
  /// table's.
  static Result<std::shared_ptr<const ParquetDataFile>> Open(
      const std::shared_ptr<ObjectStore>& store, std::shared_ptr<const ReadPlan> plan,
      const DataFile& file, std::shared_ptr<const ParquetInput> input = nullptr);

  /// The file alone, footer read. \retval kNotFound, kCorruption  naming it.
  static Result<std::shared_ptr<const ParquetInput>> OpenInput(const ObjectStore& store,
                                                               const DataFile& file);

  const std::string& path() const { return path_; }
  const ReadPlan& plan() const { return *plan_; }
  const ParquetInput& input() const { return *input_; }
  /// Of the store that it lies in.
  const StoreTraits& traits() const { return traits_; }
  const std::vector<RowGroupTask>& row_groups() const { return row_groups_; }
  /// In the range of the file that is asked for.
  int num_row_groups_total() const { return num_row_groups_total_; }

  /// The most rows a batch has; less than asked for where columns hold long values.
  int64_t batch_rows() const { return batch_rows_; }
  /// One for each of plan().columns; those of constant columns, and some metadata columns, are not
  /// in the file.
  const std::vector<ProjectedColumn>& columns() const { return columns_; }
  /// One for each of plan().columns; from the log: partition values and the
  /// path; null for others.
  const std::vector<Value>& partition_values() const { return partition_values_; }
  /// The column's value batch_rows() times, where it is the same in all rows; else nullptr.
  const std::shared_ptr<arrow::Array>& constant(size_t column) const { return constants_[column]; }
  /// As the log has them.
  std::optional<int64_t> base_row_id() const { return base_row_id_; }
  std::optional<int64_t> default_row_commit_version() const { return default_row_commit_version_; }
  /// The rows that are not wanted; nullptr where all are.
  const DeletionVector* deletion_vector() const {
    return deletion_vector_ ? &*deletion_vector_ : nullptr;
  }

 private:
  Status FindColumns();
  /// \param deleted  the file's deletion vector, where it is loaded already.
  Status SetDeletedRows(const ObjectStore& store, const DataFile& file,
                        std::optional<DeletionVector> only_rows,
                        std::optional<DeletionVector> deleted);
  Status ChooseRowGroups(const FileRange& range);
  Status AskBloomFilters();
  int64_t LargestRows() const;
  Status MakeConstants();
  bool IsConstant(size_t column) const;

  std::string path_;
  std::shared_ptr<const ReadPlan> plan_;
  StoreTraits traits_;
  std::shared_ptr<const ParquetInput> input_;
  std::vector<ProjectedColumn> columns_;
  std::vector<Value> partition_values_;
  std::vector<std::shared_ptr<arrow::Array>> constants_;
  std::optional<DeletionVector> deletion_vector_;
  std::optional<int64_t> base_row_id_, default_row_commit_version_;
  std::vector<RowGroupTask> row_groups_;
  int num_row_groups_total_ = 0;
  int64_t num_rows_ = 0;  ///< of the whole file, deleted ones included
  int64_t batch_rows_ = 0;
};

/// Streams the rows of one row group as batches of plan().output_schema: partition columns filled
/// from the log, missing columns null, types cast up to the table's, deleted rows and those left
/// out that do not match. One thread at a time.
class RowGroupStream {
 public:
  virtual ~RowGroupStream() = default;
  /// The next non-empty batch; nullptr at the end.
  virtual Result<std::shared_ptr<arrow::RecordBatch>> Next() = 0;
  /// Waits until what was asked of a store far away for the first batches has come, or failed.
  virtual void WaitForFirstBytes() = 0;
  /// Only rows, pages and bytes; complete at the end.
  virtual const DataReadMetrics& metrics() const = 0;
};

/// Whether other threads have nothing to do, so that columns had better be decoded on Arrow's
/// thread pool. Asked for each batch; empty means no.
using IsAlone = std::function<bool()>;

Result<std::unique_ptr<RowGroupStream>> ReadRowGroup(std::shared_ptr<const ParquetDataFile> file,
                                                     const RowGroupTask& row_group,
                                                     IsAlone is_alone, CancellationToken cancel);

}  // namespace deltaic
