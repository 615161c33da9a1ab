#pragma once

#include <cstddef>
#include <string_view>

#include "base/nearest_name.h"
#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// kInvalidArgument for a column whose part number `part` is not a field of `level`: names the
/// nearest field, or lists a few.
/// \param asked_by  what named the column.
Status UnknownColumn(const Expr& column, size_t part, const DataType& level,
                     std::string_view asked_by = "predicate");

}  // namespace deltaic
