#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// Evaluates a bound predicate over a batch whose columns carry the schema's (logical) names, with
/// Spark's three-valued logic. Dictionary-encoded columns are compared by their dictionaries.
/// \return a boolean array of the batch's length; null where the predicate is null.
Result<std::shared_ptr<arrow::BooleanArray>> EvaluatePredicate(const Expr& predicate,
                                                               const arrow::RecordBatch& batch);

/// The rows of `batch` for which the predicate is true (null and false drop).
Result<std::shared_ptr<arrow::RecordBatch>> FilterBatch(
    const Expr& predicate, const std::shared_ptr<arrow::RecordBatch>& batch);

}  // namespace deltaic
