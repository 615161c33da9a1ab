#include "data/parquet/page_index.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <optional>

#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// Indexes further apart, or larger together, are read one by one.
constexpr int64_t kMaxReadAtOnce = 1 << 20;
/// An index claiming more than this is taken for damage.
constexpr int64_t kMaxIndexBytes = 16 << 20;

using Location = std::optional<parquet::IndexLocation>;

/// Reads small pieces of a file, from one read of all of them where they lie together.
class IndexReader {
 public:
  IndexReader(const ParquetInput& input, int64_t file_bytes)
      : file_(*input.file), file_bytes_(file_bytes) {}

  /// nullopt where it is none that the file could hold.
  Location Admit(const Location& location) {
    if (!location || location->offset < 0 || location->length <= 0 ||
        location->length > kMaxIndexBytes || location->offset > file_bytes_ - location->length) {
      return std::nullopt;
    }
    begin_ = std::min(begin_, location->offset);
    end_ = std::max(end_, location->offset + location->length);
    return location;
  }

  /// After all that is wanted was admitted. nullptr where the file ends before.
  Result<std::shared_ptr<arrow::Buffer>> Read(const parquet::IndexLocation& location) {
    if (end_ - begin_ > kMaxReadAtOnce) return ReadBytes(location.offset, location.length);
    if (all_ == nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(all_, ReadBytes(begin_, end_ - begin_));
    }
    if (all_ == nullptr) return all_;
    return arrow::SliceBuffer(all_, location.offset - begin_, location.length);
  }

 private:
  Result<std::shared_ptr<arrow::Buffer>> ReadBytes(int64_t offset, int64_t length) {
    DELTAIC_ASSIGN_OR_RETURN(auto bytes, file_.ReadAt(offset, length));
    if (bytes->size() != length) bytes = nullptr;
    return bytes;
  }

  arrow::io::RandomAccessFile& file_;
  int64_t file_bytes_;
  int64_t begin_ = std::numeric_limits<int64_t>::max();
  int64_t end_ = 0;
  std::shared_ptr<arrow::Buffer> all_;
};

/// Runs `parse`; what it throws means that there is no index.
template <typename Parse>
auto OrNull(const Parse& parse) -> decltype(parse()) {
  try {
    return parse();
  } catch (const std::exception&) {
    return nullptr;
  }
}

std::optional<ChunkPages> CheckedPages(const parquet::OffsetIndex& index,
                                       const parquet::ColumnChunkMetaData& chunk,
                                       int64_t num_rows) {
  const std::vector<parquet::PageLocation>& locations = index.page_locations();
  if (locations.empty() || locations.front().first_row_index != 0) return std::nullopt;
  ChunkPages result;
  result.begin = chunk.data_page_offset();
  if (chunk.has_dictionary_page() && chunk.dictionary_page_offset() > 0)
    result.begin = std::min(result.begin, chunk.dictionary_page_offset());
  int64_t chunk_end = 0;
  if (result.begin < 0 || chunk.total_compressed_size() < 0 ||
      __builtin_add_overflow(result.begin, chunk.total_compressed_size(), &chunk_end)) {
    return std::nullopt;
  }
  int64_t at = result.begin;
  for (size_t i = 0; i < locations.size(); ++i) {
    const parquet::PageLocation& page = locations[i];
    const RowRange rows{page.first_row_index,
                        i + 1 < locations.size() ? locations[i + 1].first_row_index : num_rows};
    if (page.offset < at || page.compressed_page_size <= 0 ||
        page.compressed_page_size > chunk_end - page.offset || rows.begin >= rows.end ||
        rows.end > num_rows) {
      return std::nullopt;
    }
    at = page.offset + page.compressed_page_size;
    result.pages.push_back({rows, page.offset, page.compressed_page_size});
  }
  return result;
}

/// What is known of values must be so of each page.
bool Fits(const parquet::ColumnIndex& values, size_t num_pages) {
  return values.null_pages().size() == num_pages &&
         values.encoded_min_values().size() == num_pages &&
         values.encoded_max_values().size() == num_pages &&
         (!values.has_null_counts() || values.null_counts().size() == num_pages);
}

struct Locations {
  int leaf;
  Location pages;
  Location values;
};

Result<PageIndex> ReadIndex(const ParquetInput& input, int row_group,
                            const std::vector<int>& leaves, bool with_values) {
  const auto group = input.metadata->RowGroup(row_group);
  DELTAIC_ASSIGN_OR_RETURN(const int64_t file_bytes, input.file->GetSize());
  IndexReader reader(input, file_bytes);
  std::vector<Locations> wanted;
  for (const int leaf : leaves) {
    if (input.metadata->schema()->Column(leaf)->max_repetition_level() > 0) continue;
    const auto chunk = group->ColumnChunk(leaf);
    Locations found{leaf, reader.Admit(chunk->GetOffsetIndexLocation()), std::nullopt};
    if (!found.pages) continue;
    if (with_values) found.values = reader.Admit(chunk->GetColumnIndexLocation());
    wanted.push_back(found);
  }
  const parquet::ReaderProperties properties;
  PageIndex result;
  for (const Locations& column : wanted) {
    DELTAIC_ASSIGN_OR_RETURN(const auto bytes, reader.Read(*column.pages));
    if (bytes == nullptr) continue;
    const auto index = OrNull([&] {
      return parquet::OffsetIndex::Make(bytes->data(), column.pages->length, properties);
    });
    if (index == nullptr) continue;
    auto pages = CheckedPages(*index, *group->ColumnChunk(column.leaf), group->num_rows());
    if (!pages) continue;
    if (column.values) {
      DELTAIC_ASSIGN_OR_RETURN(const auto value_bytes, reader.Read(*column.values));
      const parquet::ColumnDescriptor& descriptor = *input.metadata->schema()->Column(column.leaf);
      std::shared_ptr<const parquet::ColumnIndex> values =
          OrNull([&]() -> std::shared_ptr<const parquet::ColumnIndex> {
            if (value_bytes == nullptr) return nullptr;
            return parquet::ColumnIndex::Make(descriptor, value_bytes->data(),
                                              column.values->length, properties);
          });
      if (values != nullptr && Fits(*values, pages->pages.size()))
        pages->values = std::move(values);
    }
    result.emplace(column.leaf, *std::move(pages));
  }
  return result;
}

}  // namespace

Result<PageIndex> ReadPageIndex(const ParquetInput& input, int row_group,
                                const std::vector<int>& leaves, bool with_values) {
  try {
    return ReadIndex(input, row_group, leaves, with_values);
  } catch (const std::exception&) {
    return PageIndex();
  }
}

}  // namespace deltaic
