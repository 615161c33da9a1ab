#pragma once

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/schema.h"

namespace deltaic {

/// Resolves column paths against `schema` (exact, else ignoring case), gives each node its type,
/// folds literal casts, and makes both sides of every comparison one type: a literal is converted
/// to its column's type where that is exact; where it is not (byte_col < 1000, int_col = 1.5,
/// date_col < timestamp) the wider common type of Spark is used through kCast on the column. Text
/// literals against date, timestamp, number, boolean columns are parsed as the column's type.
/// \retval kInvalidArgument  unknown column (with the nearest name), types that do not compare, a
/// root that is not boolean.
Result<ExprPtr> BindPredicate(const ExprPtr& expr, const Schema& schema);

}  // namespace deltaic
