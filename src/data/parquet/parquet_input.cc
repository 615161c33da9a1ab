#include "data/parquet/parquet_input.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/status.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <exception>
#include <string_view>
#include <utility>

#include "data/parquet/arrow_schema_hint.h"
#include "data/parquet/parquet_exception.h"
#include "storage/arrow_status.h"
#include "storage/kept_end.h"

namespace deltaic {
namespace {

Status CheckRowCounts(const parquet::FileMetaData& metadata) {
  int64_t sum = 0;
  for (int i = 0; i < metadata.num_row_groups(); ++i) {
    const int64_t rows = metadata.RowGroup(i)->num_rows();
    if (rows < 0 || __builtin_add_overflow(sum, rows, &sum))
      return Status::Corruption("row group ", i, " claims ", rows, " rows");
  }
  return Status();
}

/// What is read at the end of a file for its footer. Page indexes and Bloom filters mostly lie
/// before it.
constexpr int64_t kFooterReadBytes = 64 << 10;

/// Shorter ones have no columns that are worth leaving out.
constexpr uint32_t kLeastFooterToNarrow = 4 << 10;
/// Of the length, the four bytes before it.
constexpr std::string_view kMagic = "PAR1";
constexpr int64_t kTrailerBytes = 8;

/// The footer for those who read some columns; nullptr where Arrow should read it. Throws as Arrow
/// does.
Result<std::shared_ptr<parquet::FileMetaData>> ReadFooterFor(arrow::io::RandomAccessFile& file,
                                                             const WantsColumn& wants) {
  std::shared_ptr<parquet::FileMetaData> none;
  DELTAIC_ASSIGN_OR_RETURN(const int64_t size, file.GetSize());
  if (!wants || size < kTrailerBytes + kLeastFooterToNarrow) return none;
  DELTAIC_ASSIGN_OR_RETURN(const auto trailer, file.ReadAt(size - kTrailerBytes, kTrailerBytes));
  if (trailer->size() != kTrailerBytes || !std::string_view(*trailer).ends_with(kMagic))
    return none;
  uint32_t length = 0;  // little-endian, as all machines are that this is built for
  std::memcpy(&length, trailer->data(), sizeof(length));
  if (length < kLeastFooterToNarrow || length > size - kTrailerBytes) return none;
  DELTAIC_ASSIGN_OR_RETURN(const auto footer, file.ReadAt(size - kTrailerBytes - length, length));
  if (footer->size() != length) return none;
  // A copy: it may remember what it was asked, and another attempt asks again.
  const auto narrow = NarrowFooter({footer->data(), length}, WantsColumn(wants));
  if (narrow)
    return parquet::FileMetaData::Make(narrow->data(), static_cast<int64_t>(narrow->size()));
  return parquet::FileMetaData::Make(footer->data(), footer->size());
}

Result<ParquetInput> OpenOnce(const ObjectStore& store, const std::string& path,
                              std::optional<int64_t> size, const WantsColumn& wants) {
  ParquetInput input;
  DELTAIC_ASSIGN_OR_RETURN(auto file, store.Open(path, size));
  DELTAIC_ASSIGN_OR_RETURN(input.file, ReadEnd(std::move(file), store.traits(), kFooterReadBytes));
  return CatchReading([&]() -> Result<ParquetInput> {
    DELTAIC_ASSIGN_OR_RETURN(auto footer, ReadFooterFor(*input.file, wants));
    if (footer == nullptr) footer = parquet::ParquetFileReader::Open(input.file)->metadata();
    DELTAIC_ASSIGN_OR_RETURN(input.metadata, WithoutExtensionTypes(std::move(footer)));
    DELTAIC_RETURN_IF_ERROR(CheckRowCounts(*input.metadata));
    return std::move(input);
  });
}

}  // namespace

Result<ParquetInput> OpenParquet(const ObjectStore& store, const std::string& path,
                                 std::optional<int64_t> size_hint, const WantsColumn& wants) {
  // A wrong hint makes a good file look cut off; locally the true size costs nothing.
  if (size_hint && !store.traits().is_near()) {
    auto input = OpenOnce(store, path, size_hint, wants);
    if (input.ok() || input.status().code() == StatusCode::kNotFound) return input;
  }
  return OpenOnce(store, path, std::nullopt, wants);
}

Result<std::shared_ptr<arrow::io::RandomAccessFile>> ReadEnd(
    std::shared_ptr<arrow::io::RandomAccessFile> file, const StoreTraits& traits,
    int64_t footer_bytes) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t size, file->GetSize());
  if (size <= std::max(footer_bytes, traits.max_hole_bytes)) {
    DELTAIC_ASSIGN_OR_RETURN(auto bytes, file->ReadAt(0, size));
    return std::shared_ptr<arrow::io::RandomAccessFile>(
        std::make_shared<arrow::io::BufferReader>(std::move(bytes)));
  }
  if (traits.is_near()) return file;
  DELTAIC_ASSIGN_OR_RETURN(auto end, file->ReadAt(size - footer_bytes, footer_bytes));
  if (end->size() < footer_bytes) return file;
  return KeepEnd(std::move(file), std::move(end));
}

Status FromParquetStatus(const arrow::Status& status) {
  if (status.ok()) return Status();
  Status converted = AsStatus(status);
  if (status.detail() != nullptr || status.IsOutOfMemory() || status.IsNotImplemented() ||
      status.IsCancelled()) {
    return converted;
  }
  return Status::Corruption(status.message());
}

}  // namespace deltaic
