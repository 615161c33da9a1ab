#pragma once

#include <vector>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// Gives all of `args` (bound), which are compared with each other, one type: see BindExpression.
/// \retval kInvalidArgument  types that do not compare; text that is no value of the type.
/// \param zone  the session's.
Result<std::vector<ExprPtr>> UnifyCompared(std::vector<ExprPtr> args, const TimeZonePtr& zone);

}  // namespace deltaic
