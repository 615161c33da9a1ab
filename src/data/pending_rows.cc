#include "data/pending_rows.h"

#include <arrow/api.h>
#include <arrow/util/byte_size.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {

namespace {

constexpr int64_t kSmallBatchRows = 8192;
constexpr size_t kMaxSmallBatches = 16;
/// An array object with its data and buffer objects.
constexpr int64_t kBytesPerColumn = 512;

}  // namespace

Result<int64_t> BatchBytes(const arrow::RecordBatch& batch) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t bytes, arrow::util::ReferencedBufferSize(batch));
  return bytes + kBytesPerColumn * batch.num_columns();
}

Status PendingRows::Add(std::shared_ptr<arrow::RecordBatch> batch) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t bytes, BatchBytes(*batch));
  num_rows_ += batch->num_rows();
  num_bytes_ += bytes;
  num_small_ = batch->num_rows() < kSmallBatchRows ? num_small_ + 1 : 0;
  batches_.push_back(std::move(batch));
  return num_small_ > kMaxSmallBatches ? JoinSmall() : Status();
}

Status PendingRows::JoinSmall() {
  const auto begin = batches_.end() - static_cast<std::ptrdiff_t>(num_small_);
  const arrow::RecordBatchVector small(begin, batches_.end());
  for (const auto& batch : small) {
    DELTAIC_ASSIGN_OR_RETURN(const int64_t bytes, BatchBytes(*batch));
    num_bytes_ -= bytes;
    num_rows_ -= batch->num_rows();
  }
  batches_.erase(begin, batches_.end());
  num_small_ = 0;
  DELTAIC_ASSIGN_OR_RETURN(auto joined, arrow::ConcatenateRecordBatches(small));
  return Add(std::move(joined));
}

std::vector<std::shared_ptr<arrow::RecordBatch>> PendingRows::Take() {
  num_small_ = 0;
  num_rows_ = num_bytes_ = 0;
  return std::exchange(batches_, {});
}

}  // namespace deltaic
