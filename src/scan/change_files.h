#pragma once

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "table/table.h"

namespace deltaic {

/// Looks whether the files are there that OpenChanges() of versions `first` to that of `last` would
/// read. \retval kNotFound  one that is gone, by name. Else as OpenChanges.
Status CheckChangeFiles(const Table& table, const SnapshotPtr& last, Version first,
                        const CancellationToken& cancel);

}  // namespace deltaic
