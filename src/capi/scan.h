#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fork.h"
#include "capi/option_table.h"
#include "capi/predicate_option.h"
#include "data/read/metadata_column.h"
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
  mutable ForkSafeMutex mutex_;
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

/// Names of metadata columns. \retval kInvalidArgument  a name that is none.
Result<std::vector<MetadataColumn>> ParseMetadataColumns(const std::vector<std::string>& names);

inline constexpr std::string_view kRowsThatMatch = "the condition that rows meet";

/// Adds the options that say what is read: "columns", "metadata_columns", "where".
template <typename T>
OptionTable<T>& AddReadOptions(OptionTable<T>& table) {
  table.List("columns", &T::columns, "top-level columns; default: all of the table's")
      .Custom(
          "metadata_columns", "list",
          "columns after those, named _metadata.row_id and so on: file_path, row_index, row_id, "
          "row_commit_version; the last two need a table with row tracking",
          [](const GivenOption& given, T& out) -> Status {
            DELTAIC_ASSIGN_OR_RETURN(out.metadata_columns, ParseMetadataColumns(given.values));
            return Status();
          });
  return AddPredicateOption(table, kRowsThatMatch);
}

/// What a scan may take of the machine: "threads", "max_memory_bytes".
const OptionTable<ScanOptions>& EffortOptions();

/// The options that say how a scan runs, not what it reads.
const OptionTable<ScanOptions>& RunOptions();

/// All options of a scan.
OptionTable<ScanOptions> ScanTable(std::string_view call);

/// A scan handle of `scan`, which reports to the progress callback of `options`.
deltaic_scan* NewScan(std::unique_ptr<Scan> scan, const deltaic_options* options);

}  // namespace deltaic::capi

/// Handle of a scan.
struct deltaic_scan {
  std::shared_ptr<deltaic::capi::SharedScan> shared;
};
