#include "data/eval/row_filter.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "data/eval/expression_eval.h"

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

}  // namespace deltaic
