#include "ops/optimize/row_bucket.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "ops/optimize/row_order.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {

RowBucket::RowBucket(std::shared_ptr<arrow::Schema> schema,
                     std::span<const std::shared_ptr<TextCodes>> codes)
    : schema_(std::move(schema)) {
  for (size_t i = 0; i < codes.size(); ++i) {
    lanes_.push_back(RowLane::Make(schema_->field(static_cast<int>(i))->type(), codes[i]));
  }
}

void RowBucket::AppendPlaces(std::span<const uint64_t> places, std::span<const int32_t> rows) {
  for (const int32_t row : rows) {
    places_.push_back(static_cast<int64_t>(places[static_cast<size_t>(row)]));
  }
}

Status RowBucket::Append(int column, const arrow::Array& values, std::span<const int32_t> rows) {
  return lanes_[static_cast<size_t>(column)]->Append(values, rows);
}

Status RowBucket::Save(arrow::BufferBuilder& piece) const {
  const int64_t count = num_rows();
  DELTAIC_RETURN_IF_ERROR(piece.Append(&count, sizeof(count)));
  DELTAIC_RETURN_IF_ERROR(PackNumbers(std::span<const int64_t>(places_), piece));
  for (const auto& lane : lanes_) DELTAIC_RETURN_IF_ERROR(lane->Save(piece));
  return Status();
}

Status RowBucket::Load(const uint8_t* piece) {
  PieceReader in(piece);
  const auto count = in.Take<int64_t>();
  const size_t before = places_.size();
  places_.resize(before + static_cast<size_t>(count));
  UnpackNumbers(in, count, places_.data() + before);
  for (const auto& lane : lanes_) DELTAIC_RETURN_IF_ERROR(lane->Load(in, count));
  return Status();
}

void RowBucket::Clear(bool keep_memory) {
  places_.clear();
  order_.clear();
  if (!keep_memory) {
    places_.shrink_to_fit();
    order_.shrink_to_fit();
  }
  for (const auto& lane : lanes_) lane->Clear(keep_memory);
}

Status RowBucket::Sort(int num_threads) {
  OrderRows(places_, order_);
  return ParallelFor(static_cast<int64_t>(lanes_.size()), num_threads,
                     [&](int64_t i) { return lanes_[static_cast<size_t>(i)]->Seal(); });
}

Result<std::shared_ptr<arrow::RecordBatch>> RowBucket::Take(int64_t begin, int64_t end,
                                                            int num_threads) const {
  const auto rows = std::span<const uint32_t>(order_).subspan(static_cast<size_t>(begin),
                                                              static_cast<size_t>(end - begin));
  arrow::ArrayVector columns(lanes_.size());
  DELTAIC_RETURN_IF_ERROR(
      ParallelFor(static_cast<int64_t>(lanes_.size()), num_threads, [&](int64_t i) -> Status {
        const auto column = static_cast<size_t>(i);
        DELTAIC_ASSIGN_OR_RETURN(columns[column], lanes_[column]->Take(rows));
        return Status();
      }));
  arrow::FieldVector fields = schema_->fields();
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == nullptr) return std::shared_ptr<arrow::RecordBatch>();
    fields[i] = fields[i]->WithType(columns[i]->type());
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), end - begin,
                                  std::move(columns));
}

int64_t RowBucket::size_bytes() const {
  int64_t bytes = num_rows() * int64_t{sizeof(int64_t)};
  for (const auto& lane : lanes_) bytes += lane->size_bytes();
  return bytes;
}

}  // namespace deltaic
