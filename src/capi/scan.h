#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "capi/options.h"
#include "deltaic/deltaic.h"
#include "scan/scan.h"
#include "storage/arrow_status.h"

namespace deltaic::capi {

/// A running scan, shared by its handle and its stream: the stream pulls, the handle looks at
/// counters and the error.
class SharedScan {
 public:
  SharedScan(std::unique_ptr<Scan> scan, std::function<void(int64_t)> progress)
      : scan_(std::move(scan)), schema_(scan_->schema()), progress_(std::move(progress)) {}

  const std::shared_ptr<arrow::Schema>& schema() const { return schema_; }

  /// One thread at a time.
  Result<std::shared_ptr<arrow::RecordBatch>> Next() {
    auto batch = scan_->Next();
    const std::lock_guard lock(mutex_);
    metrics_ = scan_->metrics();
    if (!batch.ok()) error_ = batch.status();
    if (progress_) progress_(metrics_.rows_returned);
    return batch;
  }

  ScanMetrics metrics() const {
    const std::lock_guard lock(mutex_);
    return metrics_;
  }
  Status error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }
  /// True for the first caller only.
  bool TakeStream() {
    const std::lock_guard lock(mutex_);
    return !std::exchange(stream_taken_, true);
  }

 private:
  std::unique_ptr<Scan> scan_;
  std::shared_ptr<arrow::Schema> schema_;
  std::function<void(int64_t)> progress_;
  mutable std::mutex mutex_;
  ScanMetrics metrics_;
  Status error_;
  bool stream_taken_ = false;
};

class ScanStream : public arrow::RecordBatchReader {
 public:
  explicit ScanStream(std::shared_ptr<SharedScan> scan) : scan_(std::move(scan)) {}
  std::shared_ptr<arrow::Schema> schema() const override { return scan_->schema(); }
  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    auto next = scan_->Next();
    if (!next.ok()) return ToArrow(next.status());
    *batch = *std::move(next);
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<SharedScan> scan_;
};

/// The options that say how a scan runs, not what it reads.
Status ReadRunOptions(OptionReader& options, ScanOptions& out);

/// "metadata_columns". \retval kInvalidArgument  a name that is none.
Result<std::vector<MetadataColumn>> MetadataColumnsOption(OptionReader& options);

}  // namespace deltaic::capi

/// Handle of a scan.
struct deltaic_scan {
  std::shared_ptr<deltaic::capi::SharedScan> shared;
};
