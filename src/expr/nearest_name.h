#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// kInvalidArgument for a column whose part number `part` is not a field of `level`: names the
/// nearest field, or lists a few.
/// \param asked_by  what named the column.
Status UnknownColumn(const Expr& column, size_t part, const DataType& level,
                     std::string_view asked_by = "predicate");

/// The one of `names` that `name` is likely to mean, ignoring ASCII case; empty if none is near.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> names);

}  // namespace deltaic
