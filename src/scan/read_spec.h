#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/data_file_reader.h"
#include "scan/scan.h"

namespace deltaic {

/// What reading a table's data files must know of the table.
struct ScannedTable {
  SchemaPtr schema;
  std::vector<std::string> partition_columns;
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;  ///< effective
};

/// Columns resolved, predicate bound; what else `options` has is left to the scan.
/// \retval kInvalidArgument  unknown column, predicate that does not bind.
Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const ScannedTable& table,
                                                   const ScanOptions& options);
Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const Snapshot& snapshot,
                                                   const ScanOptions& options);

}  // namespace deltaic
