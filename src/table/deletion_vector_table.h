#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "table/snapshot.h"

namespace deltaic {

/// The files with deletion vectors, a row each: filepath utf8 (as DataFileUri() gives it),
/// selection_vector list<bool>, false where a row is deleted. The list is as long as the file has
/// rows by its statistics, else up to the last deleted row.
/// \retval kCorruption  a deletion vector that does not parse.  \retval kUnsupported  a file of
/// 2^31 rows or more.
Result<std::shared_ptr<arrow::RecordBatchReader>> MakeDeletionVectorTable(SnapshotPtr snapshot);

}  // namespace deltaic
