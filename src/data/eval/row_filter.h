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

}  // namespace deltaic
