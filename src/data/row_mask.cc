#include "data/row_mask.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <cstring>

#include "storage/arrow_status.h"

namespace deltaic {

RowMask RowMask::All(int64_t num_rows) {
  RowMask mask;
  mask.num_rows_ = mask.num_selected_ = num_rows;
  return mask;
}

Status RowMask::MakeBits() {
  DELTAIC_ASSIGN_OR_RETURN(auto bits,
                           arrow::AllocateBuffer(arrow::bit_util::BytesForBits(num_rows_)));
  std::memset(bits->mutable_data(), 0xFF, static_cast<size_t>(bits->size()));
  bits_ = std::move(bits);
  return Status();
}

Status RowMask::TakeOutDeleted(const DeletionVector& deleted, int64_t first_row) {
  DELTAIC_DCHECK(bits_ == nullptr);
  DELTAIC_RETURN_IF_ERROR(MakeBits());
  num_selected_ -= deleted.ClearDeleted(first_row, first_row + num_rows_, bits_->mutable_data());
  return Status();
}

Status RowMask::TakeOutUnmatched(const arrow::BooleanArray& keep) {
  if (keep.length() != num_rows_) {
    return Status::Internal("a predicate gave ", keep.length(), " outcomes for ", num_rows_,
                            " rows");
  }
  if (keep.null_count() == 0 && keep.true_count() == num_rows_) return Status();
  if (bits_ == nullptr) DELTAIC_RETURN_IF_ERROR(MakeBits());
  uint8_t* bits = bits_->mutable_data();
  arrow::internal::BitmapAnd(bits, offset_, keep.values()->data(), keep.offset(), num_rows_,
                             offset_, bits);
  if (keep.null_count() > 0) {
    arrow::internal::BitmapAnd(bits, offset_, keep.null_bitmap_data(), keep.offset(), num_rows_,
                               offset_, bits);
  }
  num_selected_ = arrow::internal::CountSetBits(bits, offset_, num_rows_);
  return Status();
}

RowMask RowMask::Slice(int64_t begin, int64_t length) const {
  RowMask mask;
  mask.num_rows_ = mask.num_selected_ = length;
  if (bits_ != nullptr) {
    mask.bits_ = bits_;
    mask.offset_ = offset_ + begin;
    mask.num_selected_ = arrow::internal::CountSetBits(bits_->data(), mask.offset_, length);
  }
  return mask;
}

Status RowMask::Apply(std::vector<std::shared_ptr<arrow::Array>>& arrays) const {
  if (selects_all()) return Status();
  // As one batch, since Arrow then works out the positions once.
  arrow::ArrayVector present;
  arrow::FieldVector fields;
  for (const auto& array : arrays) {
    if (array == nullptr) continue;
    present.push_back(array);
    fields.push_back(arrow::field("", array->type()));
  }
  if (present.empty()) return Status();
  const auto batch =
      arrow::RecordBatch::Make(arrow::schema(std::move(fields)), num_rows_, std::move(present));
  const auto mask = std::make_shared<arrow::BooleanArray>(num_rows_, bits_, nullptr, 0, offset_);
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum filtered, arrow::compute::Filter(batch, mask));
  int column = 0;
  for (auto& array : arrays) {
    if (array != nullptr) array = filtered.record_batch()->column(column++);
  }
  return Status();
}

}  // namespace deltaic
