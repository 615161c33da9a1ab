#include "data/read/string_cardinality.h"

#include <arrow/type.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <exception>

#include "data/read/column_projection.h"
#include "data/read/text_dictionary.h"

namespace deltaic {
namespace {

bool IsLowCardinality(const parquet::FileMetaData& file, int leaf) {
  if (file.schema()->Column(leaf)->physical_type() != parquet::Type::BYTE_ARRAY) return false;
  bool has_rows = false;
  for (int i = 0; i < file.num_row_groups(); ++i) {
    const auto row_group = file.RowGroup(i);
    if (row_group->num_rows() == 0) continue;
    has_rows = true;
    if (!HasSmallDictionary(*row_group->ColumnChunk(leaf))) return false;
  }
  return has_rows;
}

}  // namespace

Result<std::vector<std::string>> LowCardinalityStrings(const DataReadSpec& spec,
                                                       const ParquetInput& file) {
  std::vector<std::string> names;
  try {
    parquet::arrow::SchemaManifest manifest;
    DELTAIC_RETURN_IF_ERROR(FromParquetStatus(parquet::arrow::SchemaManifest::Make(
        file.metadata->schema(), file.metadata->key_value_metadata(),
        parquet::ArrowReaderProperties(), &manifest)));
    for (const std::string& name : spec.columns) {
      const StructField* field = spec.table_schema->FindField(name);
      if (field == nullptr || field->type->id() != TypeId::kString ||
          std::ranges::find(spec.partition_columns, name) != spec.partition_columns.end()) {
        continue;
      }
      DELTAIC_ASSIGN_OR_RETURN(const ProjectedColumn column,
                               ProjectColumn(manifest, *field, arrow::utf8(), spec.column_mapping));
      const int leaf = column.source.leaf;
      if (leaf != ColumnSource::kMissing && IsLowCardinality(*file.metadata, leaf))
        names.push_back(name);
    }
  } catch (const std::exception& e) {
    return Status::Corruption(e.what());
  }
  return names;
}

}  // namespace deltaic
