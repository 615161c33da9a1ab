#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "ops/table_definition.h"

namespace deltaic {

/// `table` without a feature, and without what its properties and columns say of it: files that
/// were written with it may have to be written again.
/// \param truncates_history  older versions go with it.
/// \retval kInvalidArgument  the table does not have it, uses it still, or another feature needs
/// it; with what to do first. Also where its history cannot, or must, be truncated.
/// \retval kUnsupported  a feature that no engine drops, or that this build does not.
Result<TableDefinition> WithoutFeature(const TableDefinition& table, const std::string& feature,
                                       bool truncates_history);

/// Whether files of the table as it is cannot be read any more without the feature.
Result<bool> IsInFiles(const TableDefinition& table, std::string_view feature);

/// Whether a table of that metadata uses the feature, as far as metadata tells.
Result<bool> IsInMetadata(const Metadata& metadata, std::string_view feature);

/// True where older versions of the table may hold what readers without the feature cannot read, so
/// that the checkpoints between must stay.
bool IsInHistory(std::string_view feature);

}  // namespace deltaic
