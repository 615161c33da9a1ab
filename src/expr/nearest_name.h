#pragma once

#include <cstddef>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// kInvalidArgument for a column whose part number `part` is not a field of `level`: names the
/// nearest field, or lists a few.
Status UnknownColumn(const Expr& column, size_t part, const DataType& level);

}  // namespace deltaic
