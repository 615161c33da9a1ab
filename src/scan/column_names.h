#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "protocol/schema.h"

namespace deltaic {

/// The schema's own names of the top-level columns that `wanted` names (exactly, else ignoring
/// case), in its order; unset = all.
/// \retval kInvalidArgument  an unknown column, with the nearest name; a column named twice.
Result<std::vector<std::string>> ResolveColumnNames(
    const Schema& schema, const std::optional<std::vector<std::string>>& wanted);

/// The same of columns that come as dictionaries. \retval kInvalidArgument  also one that is no
/// string.
Result<std::vector<std::string>> ResolveStringColumns(const Schema& schema,
                                                      const std::vector<std::string>& wanted);

}  // namespace deltaic
