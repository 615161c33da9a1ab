#include "data/string_cardinality.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/types.h>

#include <algorithm>
#include <exception>

#include "data/parquet_data_file.h"

namespace deltaic {
namespace {

/// Each batch comes with a dictionary of its own: it must be small beside a batch's indices.
constexpr int64_t kMaxDictionaryBytes = 64 << 10;

bool IsDictionary(parquet::Encoding::type encoding) {
  return encoding == parquet::Encoding::PLAIN_DICTIONARY ||
         encoding == parquet::Encoding::RLE_DICTIONARY;
}

/// False only where the footer says so. It need not say, but a dictionary that is as small as is
/// wanted here was not given up for its size.
bool MayHaveAllInDictionary(const parquet::ColumnChunkMetaData& chunk) {
  const auto& pages = chunk.encoding_stats();
  return std::all_of(pages.begin(), pages.end(), [](const parquet::PageEncodingStats& page) {
    return page.page_type == parquet::PageType::DICTIONARY_PAGE || IsDictionary(page.encoding);
  });
}

bool IsLowCardinality(const parquet::ColumnChunkMetaData& chunk) {
  if (!chunk.has_dictionary_page() || !MayHaveAllInDictionary(chunk)) return false;
  const int64_t bytes = chunk.data_page_offset() - chunk.dictionary_page_offset();
  return bytes > 0 && bytes <= std::min(chunk.num_values(), kMaxDictionaryBytes);
}

bool IsLowCardinality(const parquet::FileMetaData& file, int leaf) {
  if (file.schema()->Column(leaf)->physical_type() != parquet::Type::BYTE_ARRAY) return false;
  bool has_rows = false;
  for (int i = 0; i < file.num_row_groups(); ++i) {
    const auto row_group = file.RowGroup(i);
    if (row_group->num_rows() == 0) continue;
    has_rows = true;
    if (!IsLowCardinality(*row_group->ColumnChunk(leaf))) return false;
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
