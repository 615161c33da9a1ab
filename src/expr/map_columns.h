#pragma once

#include <functional>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// `expr` with each column replaced by what `map` makes of it. All else stays, types of bound nodes
/// too, so a bound expression stays bound where `map` keeps the types.
/// \return the first error of `map`.
Result<ExprPtr> MapColumns(const ExprPtr& expr,
                           const std::function<Result<ExprPtr>(const ExprPtr& column)>& map);

}  // namespace deltaic
