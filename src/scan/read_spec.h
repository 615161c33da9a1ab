#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/read/data_read_spec.h"
#include "scan/scan.h"

namespace deltaic {

/// What files call the columns of ids and versions that stay with rows; empty: none has them.
struct RowTrackingColumns {
  std::string row_id, row_commit_version;
};

/// What reading a table's data files must know of the table.
struct ScannedTable {
  std::string uri;
  SchemaPtr schema;
  std::vector<std::string> partition_columns;
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;  ///< effective
  std::optional<RowTrackingColumns> row_tracking;               ///< unset: it is off
};

/// \param schema  that of `metadata`.
ScannedTable ScannedTableOf(std::string uri, SchemaPtr schema, const Protocol& protocol,
                            const Metadata& metadata);
ScannedTable ScannedTableOf(const Snapshot& snapshot);

/// True for columns that need the first row ids and commit versions of files.
bool NeedsRowTracking(const std::vector<MetadataColumn>& columns);

/// Columns resolved, predicate bound; what else `options` has is left to the scan.
/// \retval kInvalidArgument  unknown column, predicate that does not bind, row ids or versions of a
/// table without row tracking.
Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const ScannedTable& table,
                                                   const ScanOptions& options);

}  // namespace deltaic
