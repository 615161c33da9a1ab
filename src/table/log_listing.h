#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "log/log_segment.h"
#include "storage/log_store.h"

namespace deltaic {

/// The log's files of `first` and later versions, by name; other files are left out. While others
/// write, a listing may show a commit and miss an older one: what seems to lack between two
/// versions is looked for by its name.
Result<std::vector<LogFile>> ListLog(const LogStore& log, Version first);

/// The same where one request brings all of the log; nullopt where it does not, or the log is not
/// listed page by page.
Result<std::optional<std::vector<LogFile>>> ListShortLog(const LogStore& log);

/// Looks by name for what `listing` must miss if version `at` (default: its newest) cannot be made
/// of it: the commit itself, parts of checkpoints, and the checkpoint of the hint file. \return
/// whether something was found, and added.
Result<bool> LookUpMissing(const LogStore& log, std::optional<Version> at,
                           std::vector<LogFile>& listing);

}  // namespace deltaic
