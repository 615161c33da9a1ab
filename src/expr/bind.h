#pragma once

#include "base/status.h"
#include "expr/expr.h"
#include "expr/session.h"
#include "protocol/schema.h"

namespace deltaic {

/// Resolves column paths against `schema` (exact, else ignoring case), gives each node its type,
/// folds what is constant, and inserts the casts that Spark's ANSI mode implies. Both sides of a
/// comparison become one type: a literal is converted to its column's type where that is exact;
/// where it is not (byte_col < 1000, int_col = 1.5, date_col < timestamp) the wider common type is
/// used through kCast on the column. Text literals against other columns are read as their type.
/// Texts, dates and times without zone are of the session's zone where they become timestamps, and
/// timestamps where they become any of these, or are taken apart.
/// \retval kInvalidArgument  unknown column (with the nearest name), types that do not compare or
/// that a function does not take, wrong numbers of arguments.
Result<ExprPtr> BindExpression(const ExprPtr& expr, const Schema& schema,
                               const Session& session = {});

/// The same for a condition. \retval kInvalidArgument  also if the root is not boolean.
Result<ExprPtr> BindPredicate(const ExprPtr& expr, const Schema& schema,
                              const Session& session = {});

}  // namespace deltaic
