#pragma once

#include <string>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "table/snapshot.h"
#include "table/table.h"

namespace deltaic {

/// The first version from which on no commit, checkpoint or state of the log has a trace of a
/// feature; one after the newest where that has one still. Reads every commit that is left.
/// \param newest  uses the feature no more.
/// \retval kCorruption  \retval kIo
Result<Version> FirstVersionWithout(const Table& table, const Snapshot& newest,
                                    const std::string& feature, const CancellationToken& cancel);

/// Deletes all versions before `first`, which gets a checkpoint where it has none.
/// \param retention_ms  nothing is deleted unless they are older.
/// \retval kInvalidArgument  they are not; with the time from when on they are.
Status TruncateLogBefore(const Table& table, const Snapshot& newest, Version first,
                         int64_t retention_ms, const CancellationToken& cancel);

}  // namespace deltaic
