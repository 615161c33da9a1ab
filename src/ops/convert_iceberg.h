#pragma once

#include <memory>

#include "base/status.h"
#include "ops/convert.h"
#include "storage/object_store.h"

namespace deltaic {

/// Whether the root has the metadata of an Iceberg table.
Result<bool> IsIcebergTable(const ObjectStore& store);

/// Makes the current snapshot of the Iceberg table at the root a table, as version 0: metadata,
/// manifests and footers are read, nothing is copied. What Iceberg has beside its data files is
/// left as it is.
///
/// Columns keep their ids (column mapping by id), so that files of older schemas are read rightly.
/// A column that is an identity partition of every file partitions the table; any other partition
/// becomes a plain column, since files have all columns, and statistics of what it was made from.
/// \retval kUnsupported  what a Delta table cannot say, by name: deleted rows (delete files,
/// deletion vectors) of live files, files other than Parquet or outside of the root, types that
/// Delta lacks, files without column ids, format versions above 3.
/// \retval kCorruption  metadata, manifests and files that contradict each other.
/// \retval kNotFound  a file that the table needs is gone.
/// \retval kInvalidArgument  options for folders of Parquet files; a metadata.json outside of the
/// root; several that may be the newest; column mapping other than by id, Iceberg compatibility.
Result<ConvertResult> ConvertIcebergTable(const std::shared_ptr<Table>& table,
                                          const ConvertOptions& options);

}  // namespace deltaic
