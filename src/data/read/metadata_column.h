#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/read/column_stream.h"
#include "protocol/schema.h"

namespace deltaic {

/// "row_id", or "_metadata.row_id": the name of a metadata column as users give it.
/// \retval kInvalidArgument  naming those that there are.
Result<MetadataColumn> ParseMetadataColumn(std::string_view name);

/// The name in batches, as Spark's: "_metadata.row_id".
std::string MetadataColumnName(MetadataColumn column);

/// long, or string for the file's path.
DataTypePtr MetadataColumnType(MetadataColumn column);

/// Whether rows of one file differ in it even where the file has no column of it.
inline bool CountsRows(MetadataColumn column) {
  return column == MetadataColumn::kRowIndex || column == MetadataColumn::kRowId;
}

/// `inner` with the metadata columns among `columns` worked out: what the file has of them comes
/// from `inner`, what it lacks from the log and the row's position.
/// \param file  outlives the stream.
std::unique_ptr<ColumnStream> WithMetadataColumns(const ParquetDataFile& file,
                                                  const RowGroupTask& row_group,
                                                  std::unique_ptr<ColumnStream> inner,
                                                  std::vector<size_t> columns);

}  // namespace deltaic
