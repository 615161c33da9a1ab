#pragma once

#include <cstdint>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "table/table.h"

namespace deltaic {

struct LogCompactionResult {
  int64_t num_actions = 0;
  int64_t num_bytes = 0;
  bool was_there = false;  ///< a file for these versions was there already, and stays
};

/// Sums the commits from one version to another up in one file of the log beside them, which
/// readers may take in their place: of each file, application and domain the last word. Removes
/// stay, for the checkpoints before.
/// \retval kInvalidArgument  fewer than two versions.
/// \retval kNotFound  one of them is not in the log.
/// Source: PROTOCOL.md, "Log Compaction Files".
Result<LogCompactionResult> CompactLog(const Table& table, Version first, Version last,
                                       const CancellationToken& cancel);

}  // namespace deltaic
