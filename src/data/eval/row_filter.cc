#include "data/eval/row_filter.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>

#include "data/eval/expression_eval.h"
#include "storage/arrow_status.h"

namespace deltaic {

Result<std::shared_ptr<arrow::BooleanArray>> EvaluatePredicate(const Expr& predicate,
                                                               const arrow::RecordBatch& batch) {
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, EvaluateExpression(predicate, batch));
  auto outcome = std::dynamic_pointer_cast<arrow::BooleanArray>(rows);
  if (outcome == nullptr) {
    return Status::Internal("the predicate ", predicate.ToSql(), " gives no boolean");
  }
  return outcome;
}

Result<std::shared_ptr<arrow::RecordBatch>> FilterBatch(
    const Expr& predicate, const std::shared_ptr<arrow::RecordBatch>& batch) {
  DELTAIC_ASSIGN_OR_RETURN(const auto outcome, EvaluatePredicate(predicate, *batch));
  const int64_t kept = outcome->true_count();
  if (kept == batch->num_rows()) return batch;
  if (kept == 0) return batch->Slice(0, 0);
  // Arrow's filter takes the number of rows from the columns.
  if (batch->num_columns() == 0) return batch->Slice(0, kept);
  DELTAIC_ASSIGN_OR_RETURN(const arrow::Datum filtered, arrow::compute::Filter(batch, outcome));
  return filtered.record_batch();
}

}  // namespace deltaic
