#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "ops/table_definition.h"

namespace deltaic {

/// `table` without a feature and what its properties say of it.
/// \retval kInvalidArgument  the table does not have it, uses it still, or another feature needs
/// it; with what to do first.
/// \retval kUnsupported  a feature that no engine drops, or that this build does not.
Result<TableDefinition> WithoutFeature(const TableDefinition& table, const std::string& feature);

/// True where older versions of the table may hold what readers without the feature cannot read, so
/// that the checkpoints between must stay.
bool IsInHistory(std::string_view feature);

}  // namespace deltaic
