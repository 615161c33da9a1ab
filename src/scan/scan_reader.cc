#include <arrow/record_batch.h>

#include <utility>

#include "scan/scan.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

class ScanReader : public arrow::RecordBatchReader {
 public:
  explicit ScanReader(std::unique_ptr<Scan> scan)
      : schema_(scan->schema()), scan_(std::move(scan)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    if (scan_ == nullptr) return arrow::Status::Invalid("the scan is closed");
    auto next = scan_->Next();
    if (!next.ok()) return ToArrow(next.status());
    *batch = std::move(*next);
    return arrow::Status::OK();
  }

  arrow::Status Close() override {
    scan_.reset();
    return arrow::Status::OK();
  }

 private:
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<Scan> scan_;
};

}  // namespace

Result<std::shared_ptr<arrow::RecordBatchReader>> MakeScanReader(SnapshotPtr snapshot,
                                                                 ScanOptions options) {
  DELTAIC_ASSIGN_OR_RETURN(auto scan, Scan::Make(std::move(snapshot), std::move(options)));
  return std::shared_ptr<arrow::RecordBatchReader>(std::make_shared<ScanReader>(std::move(scan)));
}

}  // namespace deltaic
