#pragma once

#include <cstdint>
#include <memory>

#include "base/cancellation.h"
#include "base/status.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

struct CloneOptions {
  bool deep = false;  ///< copies the files; else the new table names those of the source
  CommitSpec commit;
  CancellationToken cancel = CancellationToken::None();
};

struct CloneResult {
  SnapshotPtr snapshot;
  int64_t num_files = 0, num_bytes = 0;                ///< of the source
  int64_t num_copied_files = 0, num_copied_bytes = 0;  ///< deletion vectors not counted
};

/// Makes a table at the root of `target` with the rows, schema, properties and clustering of
/// `source`, as version 0, with an id of its own. A shallow clone names the files of the source,
/// which must not be vacuumed then; a deep one has its own. Row ids are given anew.
/// \retval kAlreadyExists  a table is there.  \retval kNotFound  a file of the source is gone.
/// \retval kUnsupported  the source has a feature that this build does not write; a shallow clone
/// between storages.
Result<CloneResult> CloneTable(const Snapshot& source, const std::shared_ptr<Table>& target,
                               const CloneOptions& options);

}  // namespace deltaic
