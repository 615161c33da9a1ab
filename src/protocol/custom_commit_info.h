#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Checks one entry that a user adds to a commit's commitInfo.
/// \param json  its value.
/// \retval kInvalidArgument  a key that the commit fills in itself (timestamp, inCommitTimestamp,
/// operation, operationMetrics, isolationLevel, isBlindAppend, engineInfo, txnId); a value that is
/// no JSON, or of another kind than readers expect: operationParameters an object, readVersion a
/// whole number of at least 0, userId, userName and userMetadata text.
Status CheckCustomCommitInfo(std::string_view key, std::string_view json);

/// The entries of a user's operationParameters as JSON texts, as Spark writes them: what is no text
/// becomes one that holds its JSON. Empty for what is no object.
std::vector<std::pair<std::string, std::string>> CustomOperationParameters(std::string_view json);

}  // namespace deltaic
