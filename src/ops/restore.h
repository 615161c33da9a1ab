#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "protocol/actions.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct RestoreOptions {
  std::optional<Version> version;           ///< either this
  std::optional<TimestampMs> time;          ///< or the newest version committed until then
  bool ignore_missing_files = false;        ///< go on where files of that version are gone
  bool protocol_downgrade_allowed = false;  ///< features go that the table does not need then
  std::vector<Txn> transactions;            ///< of applications; committed along
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

struct RestoreResult {
  Version version;           ///< the new one
  Version restored_version;  ///< the one that it is like
  SnapshotPtr snapshot;
  int64_t num_removed_files = 0, num_restored_files = 0;
  int64_t removed_bytes = 0, restored_bytes = 0;
  int64_t num_files = 0, num_bytes = 0;  ///< of the table afterwards
  int64_t num_missing_files = 0;         ///< restored although they are gone
  int64_t execution_time_ms = 0;
};

/// Makes an earlier version the newest, as one commit: its rows, schema, properties and clustering.
/// Nothing is copied; the files of both versions that differ, by path and deletion vector, are
/// removed and added in the log. Works on the newest version, and gives up where another commit
/// comes first.
/// \retval kInvalidArgument  neither or both of version and time; the newest version or a later one
/// asked for; the table is append-only and rows would go.
/// \retval kNotFound  the log does not have that version any more, or files of it are gone, with
/// the first and how many.
/// \retval kConflict  another commit came first.  \retval kUnsupported
Result<RestoreResult> RestoreTable(const std::shared_ptr<Table>& table,
                                   const RestoreOptions& options);

}  // namespace deltaic
