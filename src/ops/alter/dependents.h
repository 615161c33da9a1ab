#pragma once

#include <string_view>

#include "base/status.h"
#include "ops/alter/schema_edit.h"
#include "protocol/actions.h"

namespace deltaic {

/// Ok if no rule of the table stands on a column, or what is inside of it: CHECK constraints,
/// invariants, expressions of generated columns.
/// \param path  by the schema's names.  \param what  is to be done: "dropped".
/// \retval kInvalidArgument  naming the rule.
Status CheckNoDependents(const Schema& schema, const StringMap& configuration,
                         const ColumnPath& path, std::string_view what);

/// `delta.dataSkippingStatsColumns` follows a column that is renamed, or loses it where `new_name`
/// is empty.
void RenameInStatsColumns(StringMap& configuration, const ColumnPath& path,
                          std::string_view new_name);

}  // namespace deltaic
