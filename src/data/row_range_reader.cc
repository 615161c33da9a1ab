#include "data/row_range_reader.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/io/caching.h>
#include <arrow/type.h>
#include <arrow/util/config.h>
#include <arrow/util/parallel.h>
#include <parquet/column_reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "data/column_stream.h"
#include "data/leaf_rows.h"
#include "data/page_stream.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;
using Cache = arrow::io::internal::ReadRangeCache;

constexpr int64_t kMinBufferBytes = 1 << 20;

/// The pages of a chunk that hold wanted rows.
struct ChosenPages {
  std::vector<ByteRange> parts;
  RowRanges rows;
  std::vector<int64_t> rows_of_pages;
};

ChosenPages Choose(const ChunkPages& chunk, const RowRanges& wanted) {
  ChosenPages chosen;
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
  chosen.parts = JoinParts(chosen.parts);
  return chosen;
}

std::unique_ptr<parquet::PageReader> OpenPages(std::shared_ptr<arrow::io::InputStream> stream,
                                               int64_t num_values,
                                               const parquet::ColumnChunkMetaData& chunk,
                                               const parquet::ReaderProperties& properties,
                                               const parquet::ColumnDescriptor& descriptor) {
#if ARROW_VERSION_MAJOR >= 25
  return parquet::PageReader::Open(std::move(stream), num_values, chunk.compression(), properties,
                                   descriptor);
#else
  static_cast<void>(descriptor);
  return parquet::PageReader::Open(std::move(stream), num_values, chunk.compression(), properties);
#endif
}

/// Columns that LeafRows cannot read, all rows of them, of which the wanted ones are sliced out.
class StreamedColumns {
 public:
  explicit StreamedColumns(std::unique_ptr<ColumnStream> stream) : stream_(std::move(stream)) {}

  Status Read(const RowRanges& rows, Arrays& out) {
    std::vector<arrow::ArrayVector> slices(out.size());
    for (RowRange range : rows) {
      while (range.begin < range.end) {
        DELTAIC_RETURN_IF_ERROR(MoveTo(range.begin));
        const int64_t end = std::min(range.end, raw_->begin + raw_->num_rows);
        for (size_t i = 0; i < out.size(); ++i) {
          if (raw_->arrays[i] != nullptr)
            slices[i].push_back(
                raw_->arrays[i]->Slice(range.begin - raw_->begin, end - range.begin));
        }
        range.begin = end;
      }
    }
    for (size_t i = 0; i < out.size(); ++i) {
      if (slices[i].size() == 1) out[i] = slices[i].front();
      if (slices[i].size() > 1) {
        DELTAIC_ASSIGN_OR_RETURN(out[i], arrow::Concatenate(slices[i]));
      }
    }
    return Status();
  }

 private:
  Status MoveTo(int64_t row) {
    while (!raw_ || raw_->begin + raw_->num_rows <= row) {
      DELTAIC_ASSIGN_OR_RETURN(raw_, stream_->Next());
      if (!raw_) return Status::Corruption("a column ends before row ", row, " of its row group");
    }
    return Status();
  }

  std::unique_ptr<ColumnStream> stream_;
  std::optional<RawBatch> raw_;
};

class RangeReader : public RowRangeReader {
 public:
  RangeReader(const ParquetDataFile& file, const RowGroupTask& row_group)
      : file_(file), row_group_(row_group) {}

  Status Open(const std::vector<size_t>& columns, const RowRanges& rows, const PageIndex& index) {
    std::vector<size_t> streamed;
    for (const size_t column : columns) {
      const ProjectedColumn& projected = file_.columns()[column];
      const bool plain =
          !file_.plan().columns[column].metadata && projected.leaves.size() == 1 &&
          projected.source.leaf == projected.leaves.front() &&
          LeafRows::CanRead(*Descriptor(projected.source.leaf), *projected.file_type);
      (plain ? plain_ : streamed).push_back(column);
    }
    if (!streamed.empty()) {
      DELTAIC_ASSIGN_OR_RETURN(auto stream, ColumnStream::Open(file_, row_group_, streamed,
                                                               /*decode_in_parallel=*/false));
      bytes_ += stream->bytes();
      streamed_.emplace(std::move(stream));
    }
    metadata_ = file_.input().metadata->RowGroup(row_group_.index);
    return OpenPlain(rows, index);
  }

  void set_decode_in_parallel(bool in_parallel) override { decode_in_parallel_ = in_parallel; }

  Result<Arrays> Read(const RowRanges& rows) override {
    Arrays arrays(file_.columns().size());
    if (streamed_) DELTAIC_RETURN_IF_ERROR(streamed_->Read(rows, arrays));
    std::vector<Status> outcomes(plain_.size());
    const auto read = [&](int i) {
      const auto at = static_cast<size_t>(i);
      outcomes[at] = ReadPlain(at, rows, &arrays[plain_[at]]);
      return arrow::Status::OK();
    };
    DELTAIC_RETURN_IF_ERROR(arrow::internal::OptionalParallelFor(
        decode_in_parallel_ && plain_.size() > 1, static_cast<int>(plain_.size()), read));
    for (const Status& outcome : outcomes) DELTAIC_RETURN_IF_ERROR(outcome);
    return arrays;
  }

  int64_t bytes() const override { return bytes_; }
  int64_t pages_total() const override { return pages_total_; }
  int64_t pages_skipped() const override { return pages_skipped_; }

 private:
  const parquet::ColumnDescriptor* Descriptor(int leaf) const {
    return file_.input().metadata->schema()->Column(leaf);
  }

  Status OpenPlain(const RowRanges& rows, const PageIndex& index) {
    std::vector<std::optional<ChosenPages>> chosen(plain_.size());
    std::vector<int> whole;
    int64_t whole_bytes = 0;
    std::vector<arrow::io::ReadRange> parts;
    for (size_t i = 0; i < plain_.size(); ++i) {
      const int leaf = file_.columns()[plain_[i]].source.leaf;
      const auto indexed = index.find(leaf);
      if (indexed == index.end()) {
        whole.push_back(leaf);
        whole_bytes += std::max<int64_t>(0, metadata_->ColumnChunk(leaf)->total_compressed_size());
        continue;
      }
      chosen[i] = Choose(indexed->second, rows);
      pages_total_ += static_cast<int64_t>(indexed->second.pages.size());
      pages_skipped_ +=
          static_cast<int64_t>(indexed->second.pages.size() - chosen[i]->rows_of_pages.size());
      for (const ByteRange& part : chosen[i]->parts) {
        bytes_ += part.size_bytes;
        parts.push_back({part.offset, part.size_bytes});
      }
    }
    bytes_ += whole_bytes;
    if (!whole.empty()) OpenWhole(whole, whole_bytes);
    if (!file_.is_local() && !parts.empty()) DELTAIC_RETURN_IF_ERROR(Prefetch(std::move(parts)));
    for (size_t i = 0; i < plain_.size(); ++i)
      leaves_.push_back(OpenLeaf(plain_[i], std::move(chosen[i])));
    return Status();
  }

  /// Far away, all parts are asked for at once; those too large to hold, one after the other.
  Status Prefetch(std::vector<arrow::io::ReadRange> parts) {
    // A damaged footer may let columns overlap, which the cache does not stand.
    std::sort(parts.begin(), parts.end(),
              [](const auto& a, const auto& b) { return a.offset < b.offset; });
    int64_t bytes = 0;
    int64_t end = 0;
    for (const arrow::io::ReadRange& part : parts) {
      if (part.offset < end) return Status();
      end = part.offset + part.length;
      bytes += part.length;
    }
    const auto options = bytes <= file_.plan().spec->prefetch_bytes
                             ? arrow::io::CacheOptions::Defaults()
                             : arrow::io::CacheOptions::LazyDefaults();
    cache_ = std::make_shared<Cache>(file_.input().file, arrow::io::default_io_context(), options);
    return AsStatus(cache_->Cache(std::move(parts)));
  }

  void OpenWhole(const std::vector<int>& leaves, int64_t bytes) {
    parquet::ReaderProperties properties(DecodePool());
    const int64_t most = file_.plan().spec->prefetch_bytes;
    if (!file_.is_local() && bytes > most) {
      properties.enable_buffered_stream();
      properties.set_buffer_size(
          std::max(kMinBufferBytes, most / static_cast<int64_t>(leaves.size())));
    }
    reader_ =
        parquet::ParquetFileReader::Open(file_.input().file, properties, file_.input().metadata);
    if (!file_.is_local() && bytes <= most) {
      reader_->PreBuffer({row_group_.index}, leaves, arrow::io::default_io_context(),
                         arrow::io::CacheOptions::Defaults());
    }
    group_ = reader_->RowGroup(row_group_.index);
  }

  std::unique_ptr<LeafRows> OpenLeaf(size_t column, std::optional<ChosenPages> chosen) {
    const ProjectedColumn& projected = file_.columns()[column];
    const int leaf = projected.source.leaf;
    const parquet::ColumnDescriptor* descriptor = Descriptor(leaf);
    const bool as_dictionary = projected.source.type->id() == arrow::Type::DICTIONARY &&
                               descriptor->physical_type() == parquet::Type::BYTE_ARRAY;
    RowRanges present{{0, row_group_.num_rows}};
    std::unique_ptr<parquet::PageReader> pages;
    if (chosen) {
      present = std::move(chosen->rows);
      pages = OpenPages(MakePartStream(file_.input().file, cache_, std::move(chosen->parts)),
                        CountRows(present), *metadata_->ColumnChunk(leaf),
                        parquet::ReaderProperties(DecodePool()), *descriptor);
      // Rows would be taken for others where the index is wrong.
      pages->set_data_page_filter([expected = std::move(chosen->rows_of_pages),
                                   i = size_t{0}](const parquet::DataPageStats& page) mutable {
        if (i == expected.size() || page.num_values != expected[i++])
          throw parquet::ParquetException("the page index does not fit the pages");
        return false;
      });
    } else {
      pages = group_->GetColumnPageReader(leaf);
    }
    return std::make_unique<LeafRows>(descriptor, projected.file_type, as_dictionary,
                                      std::move(pages), std::move(present), DecodePool());
  }

  Status ReadPlain(size_t i, const RowRanges& rows, std::shared_ptr<arrow::Array>* out) {
    const auto read = [&]() -> Status {
      try {
        DELTAIC_ASSIGN_OR_RETURN(const auto array, leaves_[i]->Read(rows));
        if (array->length() != CountRows(rows))
          return Status::Corruption("it has another number of values than rows");
        DELTAIC_ASSIGN_OR_RETURN(*out, ConvertColumn(array, file_.columns()[plain_[i]].source));
        return Status();
      } catch (const parquet::ParquetStatusException& e) {
        return FromParquetStatus(e.status());
      } catch (const std::bad_alloc&) {
        return Status::Io("not enough memory");
      } catch (const std::exception& e) {
        return Status::Corruption(e.what());
      }
    };
    const Status status = read();
    return status.ok()
               ? status
               : status.WithContext(Concat("column ", file_.plan().columns[plain_[i]].field.name));
  }

  const ParquetDataFile& file_;
  RowGroupTask row_group_;
  bool decode_in_parallel_ = false;
  std::unique_ptr<parquet::RowGroupMetaData> metadata_;
  std::optional<StreamedColumns> streamed_;
  std::vector<size_t> plain_;
  std::shared_ptr<Cache> cache_;  ///< nullptr: local
  std::unique_ptr<parquet::ParquetFileReader>
      reader_;  ///< of chunks without index; outlives group_
  std::shared_ptr<parquet::RowGroupReader> group_;
  std::vector<std::unique_ptr<LeafRows>> leaves_;  ///< of plain_
  int64_t bytes_ = 0;
  int64_t pages_total_ = 0;
  int64_t pages_skipped_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowRangeReader>> RowRangeReader::Open(const ParquetDataFile& file,
                                                             const RowGroupTask& row_group,
                                                             std::vector<size_t> columns,
                                                             const RowRanges& rows,
                                                             const PageIndex& index) {
  try {
    auto reader = std::make_unique<RangeReader>(file, row_group);
    DELTAIC_RETURN_IF_ERROR(reader->Open(columns, rows, index));
    return std::unique_ptr<RowRangeReader>(std::move(reader));
  } catch (const std::exception& e) {
    return Status::Corruption(e.what());
  }
}

}  // namespace deltaic
