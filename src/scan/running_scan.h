#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "data/read/read_plan.h"
#include "scan/batch_queue.h"
#include "scan/file_source.h"
#include "scan/scan.h"
#include "scan/scan_workers.h"

namespace deltaic {

/// A scan over files from anywhere: the part of Scan that knows no snapshot.
class RunningScan : public Scan {
 public:
  /// Begins the listing; the token stops it.
  using FileLister = std::function<Result<std::unique_ptr<FileSource>>(CancellationToken)>;

  /// Of `options`, columns and predicate count as `spec` has them.
  static Result<std::unique_ptr<Scan>> Start(std::shared_ptr<ObjectStore> store,
                                             std::shared_ptr<DataReadSpec> spec,
                                             const FileLister& list_files, ScanOptions options);

  RunningScan(ScanWork work, ScanOptions options);

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  Result<std::shared_ptr<arrow::RecordBatch>> Next() override;
  ScanMetrics metrics() const override;

 private:
  std::shared_ptr<arrow::Schema> schema_;
  CancellationToken cancel_;  ///< the consumer's
  int64_t rows_left_;         ///< until the limit
  int64_t rows_returned_ = 0;
  Status error_;      ///< what Next() has failed with, and goes on to fail with
  BatchQueue queue_;  ///< outlives workers_
  std::unique_ptr<ScanWorkers> workers_;
};

}  // namespace deltaic
