#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/read/variant_pruning.h"
#include "data/values/spark_calendar.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"

namespace parquet {
class FileMetaData;
}
namespace parquet::arrow {
struct SchemaField;
struct SchemaManifest;
}  // namespace parquet::arrow

namespace deltaic {

/// Where the values of a column, or of a part of a nested one, are in what is read of a Parquet
/// file.
struct ColumnSource {
  static constexpr int kMissing = -1;

  std::shared_ptr<arrow::DataType> type;  ///< the result's
  int position = kMissing;  ///< among the parts of the parent that are read; kMissing: all null
  int leaf = kMissing;      ///< Parquet's number of the column; leaves alone
  std::vector<ColumnSource>
      children;  ///< struct: one a field of `type`; list: the element; map: key and value
  bool is_variant = false;       ///< whatever parts the file has become `type`; no children
  std::string variant_metadata;  ///< of all variants, where the file's is not read; else empty
  Calendar calendar = Calendar::kGregorian;  ///< of the file's values; leaves alone
};

/// One top-level column of the table in one Parquet file.
struct ProjectedColumn {
  ColumnSource
      source;  ///< its position is left open: it depends on which columns are read together
  int root = ColumnSource::kMissing;  ///< top-level field of the file; kMissing where the file
                                      ///< lacks the column
  std::shared_ptr<arrow::DataType> file_type;  ///< what Arrow makes of that field
  std::vector<int> leaves;  ///< Parquet's numbers of the leaf columns to read, ascending
  /// One for each of PlannedColumn::variant_targets.
  std::vector<VariantColumns> variant_targets;
};

/// Finds `field` in the file: by name (exactly, else ignoring case), by physical name, or by field
/// id, as `mode` says, nested parts too. A struct of which no member is in the file is read by its
/// first leaf, to tell null structs from structs of nulls.
/// \param type  the Arrow type of the result.
/// \retval kCorruption  the file's type cannot be the table's; several candidates; ids wanted and
/// the file has none.
Result<ProjectedColumn> ProjectColumn(const parquet::arrow::SchemaManifest& file,
                                      const StructField& field,
                                      const std::shared_ptr<arrow::DataType>& type,
                                      ColumnMappingMode mode);

/// Notes the calendars of the dates and timestamps in `source`, by what the file's footer says.
void FindCalendars(const parquet::FileMetaData& file, ColumnSource& source);

/// `array`, as read from the file, as source.type. Shares what needs no change.
/// \retval kCorruption  a value does not fit.
Result<std::shared_ptr<arrow::Array>> ConvertColumn(const std::shared_ptr<arrow::Array>& array,
                                                    const ColumnSource& source);

}  // namespace deltaic
