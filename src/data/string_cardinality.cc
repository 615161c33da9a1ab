#include "data/string_cardinality.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <exception>

#include "data/parquet_data_file.h"
#include "data/text_dictionary.h"

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

Result<std::vector<std::string>> LowCardinalityStrings(const std::shared_ptr<ObjectStore>& store,
                                                       const std::shared_ptr<const ReadPlan>& plan,
                                                       DataFile file) {
  file.deletion_vector.reset();  // which rows are live does not matter
  DELTAIC_ASSIGN_OR_RETURN(const auto opened, ParquetDataFile::Open(store, plan, file));
  std::vector<std::string> names;
  try {
    for (size_t i = 0; i < plan->num_output; ++i) {
      const PlannedColumn& column = plan->columns[i];
      const int leaf = opened->columns()[i].source.leaf;
      if (column.field.type->id() != TypeId::kString || leaf == ColumnSource::kMissing) continue;
      if (IsLowCardinality(*opened->input().metadata, leaf)) names.push_back(column.field.name);
    }
  } catch (const std::exception& e) {
    return Status::Corruption("data file ", opened->path(), ": ", e.what());
  }
  return names;
}

}  // namespace deltaic
