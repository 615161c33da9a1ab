#include "ingest/buffer/row_buffer.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <utility>

#include "storage/arrow_status.h"

namespace deltaic::ingest {

Result<RowBuffer> RowBuffer::Make(const SchemaPtr& schema) {
  RowBuffer out;
  for (const StructField& field : schema->fields()) DELTAIC_RETURN_IF_ERROR(out.Add(field));
  return out;
}

int64_t RowBuffer::num_bytes() const {
  int64_t out = 0;
  for (const auto& column : columns_) out += column->num_bytes();
  return out;
}

Status RowBuffer::Add(StructField field) {
  Result<std::unique_ptr<Column>> column = Column::Make(field.type);
  if (!column.ok()) return column.status().WithContext(Concat("column ", field.name));
  for (int64_t i = 0; i < num_rows_; ++i) (*column)->AppendNull();
  columns_.push_back(*std::move(column));
  fields_.push_back(std::move(field));
  return Status();
}

void RowBuffer::EndRow() {
  ++num_rows_;
  for (auto& column : columns_) {
    if (column->length() < num_rows_) column->AppendNull();
  }
}

void RowBuffer::DropRow() {
  for (auto& column : columns_) {
    column->Truncate(num_rows_);
    column->TruncateElements();
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> RowBuffer::Take() {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t i = 0; i < columns_.size(); ++i) {
    DELTAIC_ASSIGN_OR_RETURN(auto array, columns_[i]->Take());
    fields.push_back(arrow::field(fields_[i].name, array->type()));
    arrays.push_back(std::move(array));
  }
  const int64_t rows = std::exchange(num_rows_, 0);
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows, std::move(arrays));
}

}  // namespace deltaic::ingest
