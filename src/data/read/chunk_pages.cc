#include "data/read/chunk_pages.h"

#include <arrow/io/interfaces.h>
#include <arrow/util/config.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include <algorithm>
#include <utility>

#include "data/memory/decode_pool.h"
#include "storage/arrow_status.h"
#include "storage/read_ahead.h"

namespace deltaic {
namespace {

/// Fits a core's cache beside what is decoded from it.
constexpr int64_t kLocalWindowBytes = 256 << 10;
/// What lanes hold ahead: more of it fills memory, not the line. The blocks being read come on top.
constexpr int64_t LanesBytes(int64_t prefetch_bytes) { return prefetch_bytes * 3 / 8; }
/// PARQUET-816: old writers left the header of the dictionary's page out of a chunk's size.
constexpr int64_t kMostMissingBytes = 100;

bool MayOverlap(const std::vector<ByteRange>& sorted) {
  for (size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i].offset < sorted[i - 1].end()) return true;
  }
  return false;
}

std::unique_ptr<parquet::PageReader> MakePageReader(std::shared_ptr<arrow::io::InputStream> stream,
                                                    int64_t num_values,
                                                    const parquet::ColumnChunkMetaData& chunk,
                                                    const parquet::ColumnDescriptor& descriptor) {
  const parquet::ReaderProperties properties(DecodeScratchPool());
#if ARROW_VERSION_MAJOR >= 25
  return parquet::PageReader::Open(std::move(stream), num_values, chunk.compression(), properties,
                                   descriptor);
#else
  static_cast<void>(descriptor);
  return parquet::PageReader::Open(std::move(stream), num_values, chunk.compression(), properties);
#endif
}

}  // namespace

int64_t ChosenPages::bytes() const {
  int64_t sum = 0;
  for (const ByteRange& part : parts) sum += part.size_bytes;
  return sum;
}

ChosenPages AllPages(const ParquetInput& input, const parquet::RowGroupMetaData& row_group,
                     int leaf) {
  const auto chunk = row_group.ColumnChunk(leaf);
  ByteRange bytes{chunk->data_page_offset(), chunk->total_compressed_size()};
  if (chunk->has_dictionary_page() && chunk->dictionary_page_offset() > 0)
    bytes.offset = std::min(bytes.offset, chunk->dictionary_page_offset());
  const auto file_bytes = input.file->GetSize();
  if (!file_bytes.ok()) throw parquet::ParquetStatusException(file_bytes.status());
  if (bytes.offset < 0 || bytes.size_bytes < 0 || bytes.size_bytes > *file_bytes ||
      bytes.offset > *file_bytes - bytes.size_bytes) {
    throw parquet::ParquetException("a column chunk lies beyond the end of the file");
  }
  if (input.metadata->writer_version().VersionLt(
          parquet::ApplicationVersion::PARQUET_816_FIXED_VERSION())) {
    bytes.size_bytes += std::min(kMostMissingBytes, *file_bytes - bytes.offset - bytes.size_bytes);
  }
  ChosenPages chosen;
  chosen.leaf = leaf;
  chosen.parts = {bytes};
  AppendRange(chosen.rows, {0, row_group.num_rows()});
  return chosen;
}

ChosenPages PagesWith(const RowRanges& wanted, const ChunkPages& chunk, int leaf) {
  ChosenPages chosen;
  chosen.leaf = leaf;
  chosen.pages_total = static_cast<int64_t>(chunk.pages.size());
  if (chunk.begin < chunk.pages.front().offset)
    chosen.parts.push_back({chunk.begin, chunk.pages.front().offset - chunk.begin});
  auto range = wanted.begin();
  for (const PageLocation& page : chunk.pages) {
    while (range != wanted.end() && range->end <= page.rows.begin) ++range;
    if (range == wanted.end()) break;
    if (range->begin >= page.rows.end) continue;
    chosen.parts.push_back({page.offset, page.size_bytes});
    AppendRange(chosen.rows, page.rows);
    chosen.rows_of_pages.push_back(page.rows.end - page.rows.begin);
  }
  chosen.pages_skipped = chosen.pages_total - static_cast<int64_t>(chosen.rows_of_pages.size());
  chosen.parts = JoinParts(chosen.parts);
  return chosen;
}

Result<ChunkOpener> ChunkOpener::Make(const ParquetDataFile& file,
                                      std::shared_ptr<const parquet::RowGroupMetaData> row_group,
                                      const std::vector<ChosenPages>& chosen) {
  ChunkOpener opener;
  opener.input_ = file.input();
  opener.file_ = opener.input_.file;
  opener.row_group_ = std::move(row_group);
  opener.window_bytes_ = kLocalWindowBytes;
  if (file.traits().is_near() || chosen.empty()) return opener;
  const int64_t most = file.plan().spec->prefetch_bytes;
  std::vector<ByteRange> ranges;
  int64_t bytes = 0;
  for (const ChosenPages& pages : chosen) {
    ranges.insert(ranges.end(), pages.parts.begin(), pages.parts.end());
    bytes += pages.bytes();
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  // A damaged footer may let columns overlap.
  if (bytes > most || MayOverlap(ranges)) {
    std::vector<std::vector<ByteRange>> lanes;
    for (const ChosenPages& pages : chosen) lanes.push_back(pages.parts);
    opener.file_ =
        ReadAheadOf(opener.input_.file, std::move(lanes), LanesBytes(most), file.traits());
    return opener;
  }
  opener.fetch_ = RangeFetch::Start(opener.input_.file, ranges, file.traits());
  return opener;
}

std::unique_ptr<parquet::PageReader> ChunkOpener::Open(ChosenPages chosen) const {
  const auto chunk = row_group_->ColumnChunk(chosen.leaf);
  auto pages = MakePageReader(MakePartStream(file_, fetch_, std::move(chosen.parts), window_bytes_),
                              CountRows(chosen.rows), *chunk,
                              *input_.metadata->schema()->Column(chosen.leaf));
  if (chosen.rows_of_pages.empty()) return pages;
  // Rows would be taken for others where the index is wrong.
  pages->set_data_page_filter([expected = std::move(chosen.rows_of_pages),
                               i = size_t{0}](const parquet::DataPageStats& page) mutable {
    if (i == expected.size() || page.num_values != expected[i++])
      throw parquet::ParquetException("the page index does not fit the pages");
    return false;
  });
  return pages;
}

}  // namespace deltaic
