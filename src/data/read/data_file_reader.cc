#include "data/read/data_file_reader.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/read/parquet_data_file.h"

namespace deltaic {
namespace {

/// One row group after the other.
class SequentialReader : public DataFileReader {
 public:
  SequentialReader(std::shared_ptr<const ParquetDataFile> file, CancellationToken cancel)
      : file_(std::move(file)), cancel_(std::move(cancel)) {
    metrics_.row_groups_total = file_->num_row_groups_total();
    metrics_.row_groups_skipped =
        metrics_.row_groups_total - static_cast<int64_t>(file_->row_groups().size());
  }

  Result<std::shared_ptr<arrow::RecordBatch>> Next() override {
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
      metrics_.rows_read += stream_->metrics().rows_read;
      metrics_.bytes_read += stream_->metrics().bytes_read;
      metrics_.pages_total += stream_->metrics().pages_total;
      metrics_.pages_pruned += stream_->metrics().pages_pruned;
      metrics_.pages_passed_over += stream_->metrics().pages_passed_over;
      stream_.reset();
    }
  }

  const DataReadMetrics& metrics() const override { return metrics_; }

 private:
  std::shared_ptr<const ParquetDataFile> file_;
  CancellationToken cancel_;
  size_t next_ = 0;
  std::unique_ptr<RowGroupStream> stream_;
  DataReadMetrics metrics_;
};

}  // namespace

Result<std::unique_ptr<DataFileReader>> DataFileReader::Open(
    std::shared_ptr<ObjectStore> store, std::shared_ptr<const DataReadSpec> spec, DataFile file,
    CancellationToken cancel) {
  DELTAIC_RETURN_IF_ERROR(cancel.Check());
  DELTAIC_ASSIGN_OR_RETURN(auto plan, ReadPlan::Make(std::move(spec)));
  DELTAIC_ASSIGN_OR_RETURN(auto opened, ParquetDataFile::Open(store, std::move(plan), file));
  return std::unique_ptr<DataFileReader>(
      std::make_unique<SequentialReader>(std::move(opened), std::move(cancel)));
}

}  // namespace deltaic
