#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct VacuumOptions {
  /// Files that no version of the last so many milliseconds needs are deleted; unset: the table's
  /// (delta.deletedFileRetentionDuration).
  std::optional<int64_t> retention_ms;
  bool enforce_retention = true;  ///< refuse a shorter retention than the table's
  /// False: only files that the log says were removed; true: whatever is in the table's folder.
  bool full = true;
  bool dry_run = true;                 ///< nothing is deleted, nothing committed
  std::vector<Version> keep_versions;  ///< whose files stay, however old
  bool log_commits = true;  ///< VACUUM START and VACUUM END stand in the log, where files go
  int num_threads = 0;      ///< deletes at once; 0: as the storage does best
  CommitSpec commit;
  std::function<void(int64_t files)> progress;  ///< deleted so far; called from any thread
  CancellationToken cancel = CancellationToken::None();
};

struct VacuumResult {
  std::vector<std::string> paths;  ///< deleted, or to be: below the root, decoded
  int64_t num_to_delete = 0;       ///< how many
  int64_t num_bytes = 0;           ///< of them, as far as known
  int64_t num_listed = 0;          ///< files looked at
  int64_t num_deleted = 0;
  /// A lite one that could not see all of what was removed: a full one will.
  bool is_complete = true;
  std::optional<Version> version;  ///< of the last commit
  SnapshotPtr snapshot;
  int64_t execution_time_ms = 0;
};

/// Deletes files of the table's folder that no version within the retention needs. Never those of
/// the newest version, of files removed within the retention, of deletion vectors of either, nor
/// any file younger than the retention, which a writer underway may be about to commit; nor what
/// other tables that are shallow clones of this one need, as long as it is no older than that.
/// Names that begin with '_' or '.' are left alone, but for change data.
/// \retval kInvalidArgument  a negative retention, or one shorter than the table's.
/// \retval kNotFound  one of keep_versions cannot be loaded.
/// \retval kUnsupported  the table has a feature that this build does not write.
Result<VacuumResult> VacuumTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                 const VacuumOptions& options);

}  // namespace deltaic
