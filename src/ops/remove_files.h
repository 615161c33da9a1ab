#pragma once

#include <cstdint>
#include <functional>

#include "base/status.h"
#include "protocol/actions.h"
#include "table/transaction.h"

namespace deltaic {

/// The remove action for a live file: keeps what the file's add says of it.
Remove RemoveOf(const Add& add, int64_t now_ms);

/// What StageRemovals() removed.
struct RemovedFiles {
  int64_t num_files = 0;
  int64_t num_bytes = 0;
};

/// Whether a file is to be removed.
using RemovalFilter = std::function<Result<bool>(const Add& add)>;

/// Stages the removal of the stream's files that pass `filter` (empty: of all).
/// \param now_ms  the deletion time.
Result<RemovedFiles> StageRemovals(FileStream& files, int64_t now_ms, Transaction& transaction,
                                   const RemovalFilter& filter = {});

}  // namespace deltaic
