#include "data/write/parquet_encoder.h"

#include <arrow/io/interfaces.h>
#include <arrow/record_batch.h>
#include <parquet/column_writer.h>

#include <span>
#include <utility>

#include "data/parquet/leaf_levels.h"
#include "data/parquet/parquet_exception.h"
#include "data/write/dictionary_choice.h"
#include "data/write/narrow_decimals.h"
#include "protocol/file_stats.h"
#include "storage/arrow_status.h"

namespace deltaic {

namespace {

/// A file that is longer than that for sure goes to a far store in parts.
constexpr int64_t kLongBytes = int64_t{16} << 20;

/// Runs `function`, which returns a Status or Result; its error, and what Parquet throws, name the
/// file.
template <typename Function>
auto Guard(const std::string& path, const Function& function) -> decltype(function()) {
  auto outcome = CatchWriting(function);
  if (outcome.ok()) return outcome;
  return AsStatus(outcome).WithContext(Concat("writing ", path));
}

}  // namespace

/// Hands bytes on until the file is closed or given up: Parquet's writer writes a footer when it is
/// destroyed, too.
class ParquetEncoder::Sink : public arrow::io::OutputStream {
 public:
  explicit Sink(arrow::io::OutputStream* out) : out_(out) {}

  void Detach() { out_ = nullptr; }

  arrow::Status Close() override { return arrow::Status::OK(); }
  bool closed() const override { return out_ == nullptr; }
  arrow::Result<int64_t> Tell() const override { return position_; }
  arrow::Status Write(const void* data, int64_t size) override {
    if (out_ == nullptr) return arrow::Status::Invalid("the file was given up");
    position_ += size;
    return out_->Write(data, size);
  }
  arrow::Status Flush() override { return arrow::Status::OK(); }
  using arrow::io::Writable::Write;

 private:
  arrow::io::OutputStream* out_;
  int64_t position_ = 0;
};

/// What encoding one leaf keeps from batch to batch. A thread may be at each.
struct ParquetEncoder::Leaf {
  std::unique_ptr<parquet::ArrowWriteContext> context;
  LeafLevels levels;
  std::vector<int64_t> narrow_values;
  int64_t buffered_bytes = 0;
  int64_t encoded_bytes = 0;
};

ParquetEncoder::ParquetEncoder(std::shared_ptr<const DataFileLayout> layout, std::string path,
                               std::unique_ptr<ObjectWriter> out)
    : layout_(std::move(layout)),
      path_(std::move(path)),
      out_(std::move(out)),
      sink_(std::make_shared<Sink>(out_->stream())),
      leaves_(layout_->leaves.size()),
      stats_(*layout_) {}

ParquetEncoder::~ParquetEncoder() {
  sink_->Detach();
  writer_.reset();
  if (out_ != nullptr) out_->Abort();
}

Result<std::unique_ptr<ParquetEncoder>> ParquetEncoder::Open(
    ObjectStore& store, const std::string& path, std::shared_ptr<const DataFileLayout> layout,
    const arrow::RecordBatch& first_rows) {
  DELTAIC_ASSIGN_OR_RETURN(auto out, store.Create(path));
  std::unique_ptr<ParquetEncoder> encoder(
      new ParquetEncoder(std::move(layout), path, std::move(out)));
  DELTAIC_RETURN_IF_ERROR(Guard(path, [&] { return encoder->StartFile(first_rows); }));
  return encoder;
}

Status ParquetEncoder::StartFile(const arrow::RecordBatch& first_rows) {
  for (Leaf& leaf : leaves_) {
    leaf.context = std::make_unique<parquet::ArrowWriteContext>(layout_->memory_pool.get(),
                                                                layout_->arrow_properties.get());
  }
  writer_ = parquet::ParquetFileWriter::Open(sink_, layout_->parquet_schema,
                                             ChooseDictionaries(*layout_, first_rows));
  return Status();
}

Status ParquetEncoder::StartRowGroup() {
  return Guard(path_, [&]() -> Status {
    row_group_ = writer_->AppendBufferedRowGroup();
    return CountNothingBuffered();
  });
}

Status ParquetEncoder::EndRowGroup() {
  return Guard(path_, [&]() -> Status {
    row_group_->Close();
    return CountNothingBuffered();
  });
}

Status ParquetEncoder::CountNothingBuffered() {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t written, sink_->Tell());
  written_bytes_ = written;
  buffered_bytes_ = 0;
  encoded_bytes_ = 0;
  for (Leaf& leaf : leaves_) leaf.buffered_bytes = leaf.encoded_bytes = 0;
  return Status();
}

Status ParquetEncoder::WriteLeaf(size_t leaf, const arrow::RecordBatch& batch) {
  return Guard(path_, [&] { return WriteLeafImpl(leaf, batch); });
}

Status ParquetEncoder::WriteLeafImpl(size_t index, const arrow::RecordBatch& batch) {
  Leaf& leaf = leaves_[index];
  const std::vector<int>& path = layout_->leaves[index].path;
  LeafLevels& levels = leaf.levels;
  DELTAIC_RETURN_IF_ERROR(BuildLeafLevels(batch.column(path[0]), *batch.schema()->field(path[0]),
                                          std::span(path).subspan(1), levels));
  DELTAIC_ASSIGN_OR_RETURN(const auto values, NarrowDecimals(levels.values, leaf.narrow_values));
  parquet::ColumnWriter* column = row_group_->column(static_cast<int>(index));
  DELTAIC_RETURN_IF_ERROR(
      column->WriteArrow(levels.definition.empty() ? nullptr : levels.definition.data(),
                         levels.repetition.empty() ? nullptr : levels.repetition.data(),
                         levels.num_levels, *values, leaf.context.get(), levels.nullable));
  stats_.Observe(index, levels);
  levels.values.reset();
  levels.values_or_nulls.reset();

  const int64_t encoded = column->total_compressed_bytes() +
                          column->total_compressed_bytes_written() +
                          column->estimated_buffered_value_bytes();
  const int64_t buffered = encoded + column->estimated_buffered_dict_bytes();
  encoded_bytes_ += encoded - std::exchange(leaf.encoded_bytes, encoded);
  buffered_bytes_ += buffered - std::exchange(leaf.buffered_bytes, buffered);
  // Nothing of it is written before the row group ends; a far store gets ready meanwhile.
  if (encoded_bytes_ >= kLongBytes && !is_long_.exchange(true)) {
    DELTAIC_RETURN_IF_ERROR(out_->stream()->Flush());
  }
  return Status();
}

Result<EncodedFile> ParquetEncoder::Close() {
  return Guard(path_, [&] { return CloseImpl(); });
}

Result<EncodedFile> ParquetEncoder::CloseImpl() {
  writer_->Close();
  const std::shared_ptr<parquet::FileMetaData> metadata = writer_->metadata();
  EncodedFile file;
  file.num_rows = metadata->num_rows();
  file.stats = FormatFileStats(stats_.Finish(*metadata), *layout_->physical_schema);
  DELTAIC_ASSIGN_OR_RETURN(file.size_bytes, out_->Close());
  sink_->Detach();
  out_.reset();
  return file;
}

}  // namespace deltaic
