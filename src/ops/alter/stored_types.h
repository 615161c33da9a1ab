#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "data/parquet/parquet_input.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"

namespace deltaic {

/// Columns of a table whose types changed (`delta.typeChanges`), as its data files must have them.
struct ChangedColumns {
  SchemaPtr schema;                            ///< of the table
  std::vector<std::string> partition_columns;  ///< whose values stand in the log
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;

  /// Whether what the log says of partitions must be written otherwise too, with every file: a date
  /// is no text of a timestamp.
  bool are_in_the_log() const;
};

/// Whether the file has such a column in another type than the table, by its footer. What cannot be
/// told counts as another type; a column that the file lacks does not.
/// \retval kCorruption  a schema that Arrow cannot read.
Result<bool> HasOtherTypes(const ParquetInput& file, const ChangedColumns& columns);

}  // namespace deltaic
