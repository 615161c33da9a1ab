#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/actions.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct RepairOptions {
  bool dry_run = false;
  bool deep = false;              ///< reads the files: damaged ones go, too
  std::vector<Txn> transactions;  ///< of applications; committed along
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

struct RepairResult {
  std::optional<Version> version;  ///< none where nothing was to do, or only looked at
  SnapshotPtr snapshot;
  std::vector<std::string> removed;  ///< paths of files, as in the log, that are not whole
  std::vector<std::string> missing;  ///< what of each is wrong: itself, or its deletion vector
  std::vector<std::string> reasons;  ///< "missing", or how the file is damaged
  int64_t num_checked = 0;
};

/// Looks for every file of the newest version, and takes those out of the table, as one commit, of
/// which the data or the deletion vector is gone or damaged: their rows are lost, and the table can
/// be read again. A file whose size is not what the log says is read; with `deep` all are.
/// \retval kInvalidArgument  the table is append-only.  \retval kConflict  \retval kIo
Result<RepairResult> RepairTable(const std::shared_ptr<Table>& table, const RepairOptions& options);

}  // namespace deltaic
