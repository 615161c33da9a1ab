#include "data/parquet/parquet_input.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <arrow/status.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <exception>
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

Result<ParquetInput> OpenOnce(const ObjectStore& store, const std::string& path,
                              std::optional<int64_t> size) {
  ParquetInput input;
  DELTAIC_ASSIGN_OR_RETURN(auto file, store.Open(path, size));
  DELTAIC_ASSIGN_OR_RETURN(input.file, ReadEnd(std::move(file), store.traits(), kFooterReadBytes));
  return CatchReading([&]() -> Result<ParquetInput> {
    DELTAIC_ASSIGN_OR_RETURN(
        input.metadata,
        WithoutExtensionTypes(parquet::ParquetFileReader::Open(input.file)->metadata()));
    DELTAIC_RETURN_IF_ERROR(CheckRowCounts(*input.metadata));
    return std::move(input);
  });
}

}  // namespace

Result<ParquetInput> OpenParquet(const ObjectStore& store, const std::string& path,
                                 std::optional<int64_t> size_hint) {
  // A wrong hint makes a good file look cut off; locally the true size costs nothing.
  if (size_hint && !store.traits().is_near()) {
    auto input = OpenOnce(store, path, size_hint);
    if (input.ok() || input.status().code() == StatusCode::kNotFound) return input;
  }
  return OpenOnce(store, path, std::nullopt);
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
