#include "data/read/row_range_reader.h"

#include <arrow/array.h>
#include <arrow/array/concatenate.h>
#include <arrow/type.h>
#include <parquet/column_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

#include "data/memory/decode_pool.h"
#include "data/parquet/parquet_exception.h"
#include "data/read/chunk_pages.h"
#include "data/read/column_stream.h"
#include "data/read/leaf_rows.h"
#include "data/read/text_dictionary.h"
#include "data/values/utf8_check.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

using Arrays = std::vector<std::shared_ptr<arrow::Array>>;

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
  RangeReader(const ParquetDataFile& file, const RowGroupTask& row_group, IsAlone is_alone)
      : file_(file), row_group_(row_group), is_alone_(std::move(is_alone)) {}

  Status Open(const std::vector<size_t>& columns, const RowRanges& rows, const PageIndex& index) {
    metadata_ = file_.input().metadata->RowGroup(row_group_.index);
    std::vector<size_t> plain, streamed;
    for (const size_t column : columns) {
      if (file_.plan().columns[column].metadata == MetadataColumn::kRowIndex) {
        positions_ = column;
      } else {
        (IsPlain(column) ? plain : streamed).push_back(column);
      }
    }
    if (!streamed.empty() || (plain.empty() && !positions_)) {
      DELTAIC_ASSIGN_OR_RETURN(auto stream,
                               ColumnStream::Open(file_, row_group_, streamed, IsAloneNow()));
      bytes_ += stream->bytes();
      streamed_.emplace(std::move(stream));
    }
    return OpenPlain(plain, rows, index);
  }

  Result<Arrays> Read(const RowRanges& rows) override {
    Arrays arrays(file_.columns().size());
    if (streamed_) DELTAIC_RETURN_IF_ERROR(streamed_->Read(rows, arrays));
    if (positions_) {
      DELTAIC_ASSIGN_OR_RETURN(arrays[*positions_], Positions(rows));
    }
    const auto read = [&](int64_t i) {
      const auto at = static_cast<size_t>(i);
      return ReadPlain(plain_[at], rows, &arrays[plain_[at].column]);
    };
    // Not on Arrow's pool: a task that begins while the process ends finds it half destroyed.
    const int num_threads =
        IsAloneNow() ? static_cast<int>(std::thread::hardware_concurrency()) : 1;
    DELTAIC_RETURN_IF_ERROR(ParallelFor(static_cast<int64_t>(plain_.size()), num_threads, read));
    return arrays;
  }

  void WaitForBytes() override {
    if (opener_) opener_->Wait();
  }

  int64_t bytes() const override { return bytes_; }
  int64_t pages_total() const override { return pages_total_; }
  int64_t pages_skipped() const override { return pages_skipped_; }

 private:
  struct PlainColumn {
    size_t column = 0;  ///< of the plan
    std::shared_ptr<arrow::DataType> type;
    bool is_text_in_dictionary = false;
    LeafRows::Options options;
    ChosenPages chosen;
    std::unique_ptr<LeafRows> rows;
  };

  /// Of `rows` in the file.
  Result<std::shared_ptr<arrow::Array>> Positions(const RowRanges& rows) const {
    const int64_t count = CountRows(rows);
    DELTAIC_ASSIGN_OR_RETURN(
        std::shared_ptr<arrow::Buffer> buffer,
        arrow::AllocateBuffer(count * static_cast<int64_t>(sizeof(int64_t)), DecodePool()));
    auto* out = buffer->mutable_data_as<int64_t>();
    for (const RowRange& range : rows) {
      std::iota(out, out + (range.end - range.begin), row_group_.first_row + range.begin);
      out += range.end - range.begin;
    }
    return std::make_shared<arrow::Int64Array>(count, std::move(buffer));
  }

  bool IsAloneNow() const { return is_alone_ && is_alone_(); }

  const parquet::ColumnDescriptor& Descriptor(int leaf) const {
    return *file_.input().metadata->schema()->Column(leaf);
  }

  bool IsPlain(size_t column) const {
    const ProjectedColumn& projected = file_.columns()[column];
    const int leaf = projected.source.leaf;
    return !file_.plan().columns[column].metadata && projected.leaves.size() == 1 &&
           leaf == projected.leaves.front() &&
           LeafRows::CanRead(Descriptor(leaf), *LeafRows::TypeOf(projected.file_type)) &&
           metadata_->ColumnChunk(leaf)->crypto_metadata() == nullptr;
  }

  Status OpenPlain(const std::vector<size_t>& columns, const RowRanges& rows,
                   const PageIndex& index) {
    std::vector<ChosenPages> chosen;
    for (const size_t column : columns) {
      const int leaf = file_.columns()[column].source.leaf;
      const auto indexed = index.find(leaf);
      chosen.push_back(indexed == index.end() ? AllPages(file_.input(), *metadata_, leaf)
                                              : PagesWith(rows, indexed->second, leaf));
      bytes_ += chosen.back().bytes();
      pages_total_ += chosen.back().pages_total;
      pages_skipped_ += chosen.back().pages_skipped;
    }
    DELTAIC_ASSIGN_OR_RETURN(opener_, ChunkOpener::Make(file_, metadata_, chosen));
    for (size_t i = 0; i < columns.size(); ++i)
      plain_.push_back(DescribeColumn(columns[i], std::move(chosen[i])));
    for (PlainColumn& column : plain_) OpenColumn(column);
    return Status();
  }

  PlainColumn DescribeColumn(size_t column, ChosenPages chosen) const {
    const ProjectedColumn& projected = file_.columns()[column];
    const parquet::ColumnDescriptor& descriptor = Descriptor(chosen.leaf);
    auto type = LeafRows::TypeOf(projected.file_type);
    const bool is_bytes = descriptor.physical_type() == parquet::Type::BYTE_ARRAY;
    const bool is_text_in_dictionary = is_bytes && type->Equals(*projected.source.type) &&
                                       HasSmallDictionary(*metadata_->ColumnChunk(chosen.leaf));
    const bool as_dictionary = is_text_in_dictionary ||
                               (is_bytes && projected.source.type->id() == arrow::Type::DICTIONARY);
    PlainColumn plain;
    plain.column = column;
    plain.type = std::move(type);
    plain.is_text_in_dictionary = is_text_in_dictionary;
    plain.options = {.as_dictionary = as_dictionary, .no_nulls = HasNoNulls(chosen.leaf)};
    plain.chosen = std::move(chosen);
    return plain;
  }

  void OpenColumn(PlainColumn& column) const {
    column.rows =
        std::make_unique<LeafRows>(&Descriptor(column.chosen.leaf), column.type, column.options,
                                   opener_->Open(column.chosen), column.chosen.rows, DecodePool());
  }

  /// By the footer, which may be wrong.
  bool HasNoNulls(int leaf) const {
    if (Descriptor(leaf).max_definition_level() == 0) return false;
    const auto statistics = metadata_->ColumnChunk(leaf)->encoded_statistics();
    return statistics != nullptr && statistics->has_null_count && statistics->null_count == 0;
  }

  /// The values of `rows`, with nulls where the footer had said that there are none.
  Result<std::shared_ptr<arrow::Array>> ReadValues(PlainColumn& column,
                                                   const RowRanges& rows) const {
    DELTAIC_ASSIGN_OR_RETURN(auto values, column.rows->Read(rows));
    if (values->length() == CountRows(rows)) return values;
    if (column.options.no_nulls) {
      column.options.no_nulls = false;
      OpenColumn(column);
      return ReadValues(column, rows);
    }
    return Status::Corruption("it has another number of values than rows");
  }

  Status ReadPlain(PlainColumn& column, const RowRanges& rows,
                   std::shared_ptr<arrow::Array>* out) const {
    const Status status = CatchReading([&]() -> Status {
      DELTAIC_ASSIGN_OR_RETURN(*out, ReadValues(column, rows));
      if (column.is_text_in_dictionary) return CheckUtf8(**out);
      DELTAIC_ASSIGN_OR_RETURN(*out, ConvertColumn(*out, file_.columns()[column.column].source));
      return Status();
    });
    return status.ok() ? status
                       : status.WithContext(
                             Concat("column ", file_.plan().columns[column.column].field.name));
  }

  const ParquetDataFile& file_;
  RowGroupTask row_group_;
  IsAlone is_alone_;
  std::shared_ptr<const parquet::RowGroupMetaData> metadata_;
  std::optional<StreamedColumns> streamed_;
  std::optional<size_t> positions_;    ///< the column of row_index
  std::optional<ChunkOpener> opener_;  ///< of plain_
  std::vector<PlainColumn> plain_;
  int64_t bytes_ = 0;
  int64_t pages_total_ = 0;
  int64_t pages_skipped_ = 0;
};

}  // namespace

Result<std::unique_ptr<RowRangeReader>> RowRangeReader::Open(
    const ParquetDataFile& file, const RowGroupTask& row_group, std::vector<size_t> columns,
    const RowRanges& rows, const PageIndex& index, IsAlone is_alone) {
  return CatchReading([&]() -> Result<std::unique_ptr<RowRangeReader>> {
    auto reader = std::make_unique<RangeReader>(file, row_group, std::move(is_alone));
    DELTAIC_RETURN_IF_ERROR(reader->Open(columns, rows, index));
    return std::unique_ptr<RowRangeReader>(std::move(reader));
  });
}

}  // namespace deltaic
