#pragma once

#include <string_view>

#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/json.h"

namespace deltaic {

/// The commitInfo that the JSON value `json` of any kind holds. Known fields of an unexpected type
/// stay unset, because provenance is free-form. \retval kCorruption  broken JSON.
Result<CommitInfo> ParseCommitInfo(std::string_view json);

/// The `operationMetrics` of the commit, each as text whatever its type; empty where there are
/// none, or where they are no object.
StringMap CommitMetrics(const CommitInfo& info);
/// Its `tags`, likewise.
StringMap CommitTags(const CommitInfo& info);

/// `info.json` with the fields that are set in `info` replaced or added; unknown ones stay as they
/// are. If `info.json` is empty or broken it counts as {}.
void WriteCommitInfo(JsonWriter& out, const CommitInfo& info);

}  // namespace deltaic
