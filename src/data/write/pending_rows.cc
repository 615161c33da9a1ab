#include "data/write/pending_rows.h"

#include <arrow/api.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {

namespace {

constexpr int64_t kSmallBatchRows = 8192;
constexpr size_t kMaxSmallBatches = 16;
/// An array object with its data, up to three buffer objects, and what their allocations are
/// rounded up to.
constexpr int64_t kBytesPerColumn = 1024;

/// Of the values from `begin` on, which counts from the array's own offset.
int64_t ArrayBytes(const arrow::ArrayData& data, int64_t begin, int64_t length) {
  const int64_t first = data.offset + begin;
  int64_t bytes = data.buffers[0] == nullptr ? 0 : length / 8;
  switch (data.type->id()) {
    case arrow::Type::NA:
      return 0;
    case arrow::Type::STRUCT:
      for (const auto& child : data.child_data) bytes += ArrayBytes(*child, first, length);
      return bytes;
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
    case arrow::Type::LIST:
    case arrow::Type::MAP: {
      if (length == 0) return bytes;
      const int32_t* offsets = data.GetValues<int32_t>(1, first);
      const int64_t num_values = offsets[length] - offsets[0];
      bytes += length * static_cast<int64_t>(sizeof(int32_t));
      return bytes + (data.child_data.empty()
                          ? num_values
                          : ArrayBytes(*data.child_data[0], offsets[0], num_values));
    }
    default:
      return bytes + length * data.type->bit_width() / 8;
  }
}

}  // namespace

int64_t BatchBytes(const arrow::RecordBatch& batch) {
  int64_t bytes = kBytesPerColumn * batch.num_columns();
  for (const auto& column : batch.column_data()) bytes += ArrayBytes(*column, 0, column->length);
  return bytes;
}

Status PendingRows::Add(std::shared_ptr<arrow::RecordBatch> batch) {
  const int64_t bytes = BatchBytes(*batch);
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
    num_bytes_ -= BatchBytes(*batch);
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
