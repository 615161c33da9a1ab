#include "data/read/row_mask.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_run_reader.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <cstring>

#include "data/memory/decode_pool.h"
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

Status RowMask::TakeOutDeleted(const DeletionVector& deleted, int64_t first_row,
                               const RowRanges& rows) {
  DELTAIC_DCHECK(bits_ == nullptr && CountRows(rows) == num_rows_);
  int64_t position = 0;
  for (const RowRange& range : rows) {
    RowMask part = All(range.end - range.begin);
    DELTAIC_RETURN_IF_ERROR(part.MakeBits());
    uint8_t* bits = part.bits_->mutable_data();
    const int64_t count =
        deleted.ClearDeleted(first_row + range.begin, first_row + range.end, bits);
    if (count > 0 && rows.size() == 1) {
      bits_ = std::move(part.bits_);
    } else if (count > 0) {
      if (bits_ == nullptr) DELTAIC_RETURN_IF_ERROR(MakeBits());
      arrow::internal::CopyBitmap(bits, 0, part.num_rows_, bits_->mutable_data(), position);
    }
    num_selected_ -= count;
    position += part.num_rows_;
  }
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
  arrow::internal::BitmapAnd(bits, 0, keep.values()->data(), keep.offset(), num_rows_, 0, bits);
  if (keep.null_count() > 0) {
    arrow::internal::BitmapAnd(bits, 0, keep.null_bitmap_data(), keep.offset(), num_rows_, 0, bits);
  }
  num_selected_ = arrow::internal::CountSetBits(bits, 0, num_rows_);
  return Status();
}

RowRanges RowMask::Runs(int64_t max_gap) const {
  RowRanges runs;
  if (bits_ == nullptr) {
    AppendRange(runs, {0, num_rows_});
    return runs;
  }
  arrow::internal::SetBitRunReader reader(bits_->data(), 0, num_rows_);
  for (auto run = reader.NextRun(); run.length > 0; run = reader.NextRun()) {
    if (!runs.empty() && run.position - runs.back().end < max_gap) {
      runs.back().end = run.position + run.length;
    } else {
      AppendRange(runs, {run.position, run.position + run.length});
    }
  }
  return runs;
}

Result<RowMask> RowMask::Pick(const RowRanges& rows) const {
  RowMask mask = All(CountRows(rows));
  if (bits_ == nullptr) return mask;
  DELTAIC_RETURN_IF_ERROR(mask.MakeBits());
  int64_t position = 0;
  for (const RowRange& range : rows) {
    const int64_t length = range.end - range.begin;
    arrow::internal::CopyBitmap(bits_->data(), range.begin, length, mask.bits_->mutable_data(),
                                position);
    position += length;
  }
  mask.num_selected_ = arrow::internal::CountSetBits(mask.bits_->data(), 0, mask.num_rows_);
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
  const auto mask = std::make_shared<arrow::BooleanArray>(num_rows_, bits_);
  arrow::compute::ExecContext context(DecodePool());
  DELTAIC_ASSIGN_OR_RETURN(
      const arrow::Datum filtered,
      arrow::compute::Filter(batch, mask, arrow::compute::FilterOptions::Defaults(), &context));
  int column = 0;
  for (auto& array : arrays) {
    if (array != nullptr) array = filtered.record_batch()->column(column++);
  }
  return Status();
}

}  // namespace deltaic
