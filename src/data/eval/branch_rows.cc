#include "data/eval/branch_rows.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// The numbers as indices; null for negative ones.
Result<std::shared_ptr<arrow::Array>> IndexArray(const std::vector<int64_t>& numbers) {
  arrow::Int64Builder builder;
  DELTAIC_RETURN_IF_ERROR(builder.Reserve(static_cast<int64_t>(numbers.size())));
  for (const int64_t number : numbers) {
    if (number < 0) {
      builder.UnsafeAppendNull();
    } else {
      builder.UnsafeAppend(number);
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, builder.Finish());
  return out;
}

}  // namespace

RowNumbers AllRows(int64_t num_rows) {
  RowNumbers rows(static_cast<size_t>(num_rows));
  std::iota(rows.begin(), rows.end(), int64_t{0});
  return rows;
}

Result<std::shared_ptr<arrow::RecordBatch>> NarrowBatch(
    const std::shared_ptr<arrow::RecordBatch>& batch, const Expr& expr, const RowNumbers& rows) {
  if (static_cast<int64_t>(rows.size()) == batch->num_rows()) return batch;
  std::set<std::string> names;
  for (const std::vector<std::string>& path : ReferencedColumns(expr)) names.insert(path[0]);
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> indices, IndexArray(rows));
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const std::string& name : names) {
    const std::shared_ptr<arrow::Array> column = batch->GetColumnByName(name);
    if (column == nullptr) continue;  // named by whoever looks for it
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> taken,
                             arrow::compute::Take(*column, *indices));
    fields.push_back(arrow::field(name, column->type()));
    columns.push_back(std::move(taken));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)),
                                  static_cast<int64_t>(rows.size()), std::move(columns));
}

BranchRows::BranchRows(int64_t num_rows) : place_(static_cast<size_t>(num_rows), -1) {}

void BranchRows::Add(const RowNumbers& rows, std::shared_ptr<arrow::Array> values) {
  for (size_t i = 0; i < rows.size(); ++i) {
    place_[static_cast<size_t>(rows[i])] = num_values_ + static_cast<int64_t>(i);
  }
  num_values_ += values->length();
  values_.push_back(std::move(values));
}

Result<std::shared_ptr<arrow::Array>> BranchRows::Finish(
    const std::shared_ptr<arrow::DataType>& type) const {
  if (values_.size() == 1 && num_values_ == static_cast<int64_t>(place_.size())) return values_[0];
  if (values_.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> nulls,
                             arrow::MakeArrayOfNull(type, static_cast<int64_t>(place_.size())));
    return nulls;
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> all, arrow::Concatenate(values_));
  DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::Array> indices, IndexArray(place_));
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> out, arrow::compute::Take(*all, *indices));
  return out;
}

}  // namespace deltaic
