#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "capi/options.h"
#include "deltaic/deltaic.h"
#include "table/table.h"

/// Handle of a table and the version loaded last (nullptr: none yet).
struct deltaic_table {
  std::shared_ptr<deltaic::Table> table;
  deltaic::SnapshotPtr snapshot;
};

namespace deltaic::capi {

/// The loaded snapshot. \retval kInvalidArgument  `table` is NULL or has none.
Result<SnapshotPtr> LoadedSnapshot(const deltaic_table* table);

/// The option "where", parsed and bound to the snapshot's schema; nullptr where it is absent.
Result<ExprPtr> WhereOption(OptionReader& options, const Schema& schema);

}  // namespace deltaic::capi
