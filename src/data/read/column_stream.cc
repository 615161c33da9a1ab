#include "data/read/column_stream.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

#include "data/memory/decode_pool.h"
#include "data/read/chunk_pages.h"
#include "data/read/metadata_column.h"
#include "storage/read_ahead.h"

namespace deltaic {
namespace {

/// Of a column chunk whose bytes come ahead.
constexpr int64_t kBufferBytes = 256 << 10;

/// Counts rows of which nothing is read.
class EmptyStream : public ColumnStream {
 public:
  EmptyStream(const ParquetDataFile& file, const RowGroupTask& row_group)
      : num_columns_(file.columns().size()),
        batch_rows_(file.batch_rows()),
        num_rows_(row_group.num_rows) {}

  Result<std::optional<RawBatch>> Next() override {
    if (begin_ == num_rows_) return std::optional<RawBatch>();
    RawBatch batch{begin_, std::min(batch_rows_, num_rows_ - begin_), {}};
    batch.arrays.resize(num_columns_);
    begin_ += batch.num_rows;
    return std::optional(std::move(batch));
  }
  int64_t bytes() const override { return 0; }

 private:
  size_t num_columns_;
  int64_t batch_rows_;
  int64_t num_rows_;
  int64_t begin_ = 0;
};

class ParquetStream : public ColumnStream {
 public:
  ParquetStream(const ParquetDataFile& file, const RowGroupTask& row_group,
                std::vector<size_t> columns)
      : file_(file), row_group_(row_group), columns_(std::move(columns)) {}

  Status Open(bool decode_in_parallel) {
    std::set<int> leaves;
    std::set<int> roots;
    for (const size_t column : columns_) {
      const ProjectedColumn& projected = file_.columns()[column];
      leaves.insert(projected.leaves.begin(), projected.leaves.end());
      roots.insert(projected.root);
    }
    for (const size_t column : columns_) {
      const auto root = roots.find(file_.columns()[column].root);
      positions_.push_back(static_cast<int>(std::distance(roots.begin(), root)));
    }
    const auto chunks = file_.input().metadata->RowGroup(row_group_.index);
    for (const int leaf : leaves)
      bytes_ += std::max<int64_t>(0, chunks->ColumnChunk(leaf)->total_compressed_size());

    parquet::arrow::FileReaderBuilder builder;
    DELTAIC_RETURN_IF_ERROR(FromParquetStatus(
        builder.Open(FileWith(*chunks, leaves), ReaderProperties(), file_.input().metadata)));
    auto reader =
        builder.memory_pool(DecodePool())->properties(ArrowProperties(decode_in_parallel))->Build();
    DELTAIC_RETURN_IF_ERROR(FromParquetStatus(reader.status()));
    reader_ = std::move(*reader);
    auto batches = reader_->GetRecordBatchReader({row_group_.index},
                                                 std::vector<int>(leaves.begin(), leaves.end()));
    DELTAIC_RETURN_IF_ERROR(FromParquetStatus(batches.status()));
    batches_ = std::move(*batches);
    return Status();
  }

  Result<std::optional<RawBatch>> Next() override {
    try {
      return ReadNext();
    } catch (const std::exception& e) {
      return Status::Corruption(e.what());
    }
  }

  int64_t bytes() const override { return bytes_; }

 private:
  /// Far away and too large to hold, column chunks come a little ahead of their reader.
  bool is_buffered() const {
    return !file_.traits().is_near() && bytes_ > file_.plan().spec->prefetch_bytes;
  }

  std::shared_ptr<arrow::io::RandomAccessFile> FileWith(const parquet::RowGroupMetaData& chunks,
                                                        const std::set<int>& leaves) const {
    const ParquetInput& input = file_.input();
    if (!is_buffered()) return input.file;
    std::vector<std::vector<ByteRange>> lanes;
    for (const int leaf : leaves) lanes.push_back(AllPages(input, chunks, leaf).parts);
    return ReadAheadOf(input.file, std::move(lanes), file_.plan().spec->prefetch_bytes / 2,
                       file_.traits());
  }

  parquet::ReaderProperties ReaderProperties() const {
    parquet::ReaderProperties properties(DecodePool());
    if (is_buffered()) {
      properties.enable_buffered_stream();
      properties.set_buffer_size(kBufferBytes);
    }
    return properties;
  }

  parquet::ArrowReaderProperties ArrowProperties(bool decode_in_parallel) const {
    parquet::ArrowReaderProperties properties(decode_in_parallel);
    properties.set_batch_size(file_.batch_rows());
    // Nanoseconds would overflow before 1677 and after 2262.
    properties.set_coerce_int96_timestamp_unit(arrow::TimeUnit::MICRO);
    properties.set_pre_buffer(!file_.traits().is_near() && !is_buffered());
    arrow::io::CacheOptions requests = arrow::io::CacheOptions::Defaults();
    requests.hole_size_limit = file_.traits().max_hole_bytes;
    requests.range_size_limit = file_.traits().max_request_bytes;
    properties.set_cache_options(requests);
    return properties;
  }

  Result<std::optional<RawBatch>> ReadNext() {
    std::shared_ptr<arrow::RecordBatch> read;
    DELTAIC_RETURN_IF_ERROR(FromParquetStatus(batches_->ReadNext(&read)));
    if (read == nullptr) {
      if (begin_ == row_group_.num_rows) return std::optional<RawBatch>();
      return Status::Corruption("row group ", row_group_.index, " ends after ", begin_,
                                " rows, but the footer says ", row_group_.num_rows);
    }
    if (read->num_rows() > row_group_.num_rows - begin_) {
      return Status::Corruption("row group ", row_group_.index, " has more rows than the ",
                                row_group_.num_rows, " that the footer says");
    }
    RawBatch batch{begin_, read->num_rows(), {}};
    begin_ += batch.num_rows;
    batch.arrays.resize(file_.columns().size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (positions_[i] >= read->num_columns())
        return Status::Corruption("the file has fewer columns than its schema says");
      auto converted =
          ConvertColumn(read->column(positions_[i]), file_.columns()[columns_[i]].source);
      if (!converted.ok()) {
        return converted.status().WithContext(
            Concat("column ", file_.plan().columns[columns_[i]].field.name));
      }
      batch.arrays[columns_[i]] = std::move(*converted);
    }
    return std::optional(std::move(batch));
  }

  const ParquetDataFile& file_;
  RowGroupTask row_group_;
  std::vector<size_t> columns_;
  std::vector<int> positions_;                          ///< of columns_ in what Arrow gives
  std::unique_ptr<parquet::arrow::FileReader> reader_;  ///< outlives batches_
  std::unique_ptr<arrow::RecordBatchReader> batches_;
  int64_t begin_ = 0;
  int64_t bytes_ = 0;
};

Result<std::unique_ptr<ColumnStream>> OpenInFile(const ParquetDataFile& file,
                                                 const RowGroupTask& row_group,
                                                 std::vector<size_t> columns,
                                                 bool decode_in_parallel) {
  if (columns.empty())
    return std::unique_ptr<ColumnStream>(std::make_unique<EmptyStream>(file, row_group));
  try {
    auto stream = std::make_unique<ParquetStream>(file, row_group, std::move(columns));
    DELTAIC_RETURN_IF_ERROR(stream->Open(decode_in_parallel));
    return std::unique_ptr<ColumnStream>(std::move(stream));
  } catch (const std::exception& e) {
    return Status::Corruption(e.what());
  }
}

}  // namespace

Result<std::unique_ptr<ColumnStream>> ColumnStream::Open(const ParquetDataFile& file,
                                                         const RowGroupTask& row_group,
                                                         std::vector<size_t> columns,
                                                         bool decode_in_parallel) {
  std::vector<size_t> metadata_columns;
  std::vector<size_t> in_file;
  for (const size_t column : columns) {
    if (file.plan().columns[column].metadata) metadata_columns.push_back(column);
    if (file.columns()[column].root != ColumnSource::kMissing) in_file.push_back(column);
  }
  DELTAIC_ASSIGN_OR_RETURN(auto stream,
                           OpenInFile(file, row_group, std::move(in_file), decode_in_parallel));
  if (metadata_columns.empty()) return stream;
  return WithMetadataColumns(file, row_group, std::move(stream), std::move(metadata_columns));
}

}  // namespace deltaic
