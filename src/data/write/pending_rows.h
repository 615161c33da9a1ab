#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Batches that wait until there are enough rows to be worth encoding. Many small ones are joined,
/// since each costs some memory and time of its own.
class PendingRows {
 public:
  Status Add(std::shared_ptr<arrow::RecordBatch> batch);
  /// All batches in order; none are left.
  std::vector<std::shared_ptr<arrow::RecordBatch>> Take();

  int64_t num_rows() const { return num_rows_; }
  /// Memory they take, by estimate.
  int64_t num_bytes() const { return num_bytes_; }

 private:
  Status JoinSmall();

  std::vector<std::shared_ptr<arrow::RecordBatch>> batches_;
  size_t num_small_ = 0;  ///< at the end of batches_
  int64_t num_rows_ = 0;
  int64_t num_bytes_ = 0;
};

/// What a batch of types that ToArrowType() makes takes in memory: the parts of buffers that it
/// refers to and the objects that describe it. Arrow's ReferencedBufferSize() costs more than
/// encoding a small batch.
int64_t BatchBytes(const arrow::RecordBatch& batch);

}  // namespace deltaic
