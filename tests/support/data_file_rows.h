#pragma once

#include <arrow/api.h>

#include <memory>
#include <utility>

#include "base/cancellation.h"
#include "data/read/data_read_spec.h"
#include "data/read/parquet_data_file.h"
#include "data/read/read_plan.h"
#include "storage/object_store.h"

namespace deltaic::testing {

/// The rows of one data file, one row group after the other, read as scans read them. One thread at
/// a time.
class DataFileRows {
 public:
  static Result<DataFileRows> Open(const std::shared_ptr<ObjectStore>& store,
                                   std::shared_ptr<const DataReadSpec> spec, const DataFile& file,
                                   CancellationToken cancel = CancellationToken::None()) {
    DELTAIC_ASSIGN_OR_RETURN(auto plan, ReadPlan::Make(std::move(spec)));
    DELTAIC_ASSIGN_OR_RETURN(auto opened, ParquetDataFile::Open(store, std::move(plan), file));
    return DataFileRows(std::move(opened), std::move(cancel));
  }

  /// The next batch; nullptr at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    for (;;) {
      if (stream_ == nullptr) {
        if (next_ == file_->row_groups().size()) return nullptr;
        DELTAIC_ASSIGN_OR_RETURN(
            stream_, ReadRowGroup(file_, file_->row_groups()[next_++], nullptr, cancel_));
      }
      DELTAIC_ASSIGN_OR_RETURN(auto batch, stream_->Next());
      if (batch != nullptr) {
        metrics_.rows_returned += batch->num_rows();
        return batch;
      }
      const DataReadMetrics& of_group = stream_->metrics();
      metrics_.rows_read += of_group.rows_read;
      metrics_.bytes_read += of_group.bytes_read;
      metrics_.pages_total += of_group.pages_total;
      metrics_.pages_pruned += of_group.pages_pruned;
      metrics_.pages_passed_over += of_group.pages_passed_over;
      stream_.reset();
    }
  }

  /// Complete at the end.
  const DataReadMetrics& metrics() const { return metrics_; }

 private:
  DataFileRows(std::shared_ptr<const ParquetDataFile> file, CancellationToken cancel)
      : file_(std::move(file)), cancel_(std::move(cancel)) {
    metrics_.row_groups_total = file_->num_row_groups_total();
    metrics_.row_groups_skipped =
        metrics_.row_groups_total - static_cast<int64_t>(file_->row_groups().size());
  }

  std::shared_ptr<const ParquetDataFile> file_;
  CancellationToken cancel_;
  size_t next_ = 0;
  std::unique_ptr<RowGroupStream> stream_;
  DataReadMetrics metrics_;
};

}  // namespace deltaic::testing
