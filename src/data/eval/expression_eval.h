#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// Evaluates a bound expression over a batch whose columns carry the schema's (logical) names, one
/// value a row, with Spark's ANSI semantics. What follows AND, OR, CASE, COALESCE and IN is
/// evaluated for the rows that reach it alone, so that errors there are not of other rows.
/// \return an array of ToArrowType(expr.type()) and of the batch's length.
/// \retval kInvalidArgument  a value that overflows, does not cast, divides by zero...
/// \retval kSchemaMismatch  the batch lacks a column.
Result<std::shared_ptr<arrow::Array>> EvaluateExpression(const Expr& expr,
                                                         const arrow::RecordBatch& batch);

}  // namespace deltaic
