#include "data/checkpoint/checkpoint_file.h"

#include <arrow/io/caching.h>
#include <arrow/io/interfaces.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/properties.h>

#include <algorithm>

#include "data/actions/file_actions.h"
#include "data/parquet/parquet_exception.h"
#include "data/parquet/parquet_input.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int64_t kLocalBufferBytes = 256 * 1024;
/// Footers of checkpoints have statistics of many columns.
constexpr int64_t kFooterReadBytes = 256 * 1024;

}  // namespace

Status ParquetErrorStatus(const std::exception& error, const std::string& name) {
  const Status status = ReadingError(error);
  if (status.code() != StatusCode::kCorruption) return status.WithContext(name);
  return Status::Corruption("checkpoint file ", name, " is damaged: ", status.message());
}

struct CheckpointFile::Impl {
  bool is_local = false;
  std::shared_ptr<arrow::io::RandomAccessFile> source;
  std::shared_ptr<parquet::FileMetaData> metadata;
  parquet::ReaderProperties properties{FileActionsPool()};
};

CheckpointFile::CheckpointFile(std::string name, std::unique_ptr<Impl> impl)
    : name_(std::move(name)), impl_(std::move(impl)) {}
CheckpointFile::~CheckpointFile() = default;

Result<std::shared_ptr<const CheckpointFile>> CheckpointFile::Open(
    const LogStore& log, std::string name, std::optional<int64_t> size_bytes, bool local) {
  DELTAIC_ASSIGN_OR_RETURN(auto source, log.Open(name, size_bytes));
  auto impl = std::make_unique<Impl>();
  impl->is_local = local;
  if (!local) {
    DELTAIC_ASSIGN_OR_RETURN(source, ReadEnd(std::move(source), kFarStore, kFooterReadBytes));
  }
  DELTAIC_RETURN_IF_ERROR(CatchParquet(name, [&] {
    impl->metadata = parquet::ReadMetaData(source);
    return Status::Ok();
  }));
  impl->source = std::move(source);
  if (local) {
    impl->properties.enable_buffered_stream();
    impl->properties.set_buffer_size(kLocalBufferBytes);
  }
  return std::shared_ptr<const CheckpointFile>(
      new CheckpointFile(std::move(name), std::move(impl)));
}

const parquet::SchemaDescriptor& CheckpointFile::schema() const {
  return *impl_->metadata->schema();
}
FileCalendars CheckpointFile::calendars() const {
  return CalendarsOf(impl_->metadata->key_value_metadata().get());
}
int CheckpointFile::num_row_groups() const { return impl_->metadata->num_row_groups(); }
int64_t CheckpointFile::num_rows(int row_group) const {
  return impl_->metadata->RowGroup(row_group)->num_rows();
}

std::optional<int64_t> CheckpointFile::num_values(int row_group, int leaf) const {
  try {
    const auto group = impl_->metadata->RowGroup(row_group);
    const auto chunk = group->ColumnChunk(leaf);
    const auto statistics = chunk->statistics();
    if (statistics == nullptr || !statistics->HasNullCount()) return std::nullopt;
    return chunk->num_values() - statistics->null_count();
  } catch (const std::exception&) {
    // Statistics only save work: without them the column is read, and its damage reported there.
    return std::nullopt;
  }
}

std::vector<int> CheckpointFile::LeavesOf(std::string_view column) const {
  std::vector<int> leaves;
  for (int leaf = 0; leaf < schema().num_columns(); ++leaf) {
    if (schema().GetColumnRoot(leaf)->name() == column) leaves.push_back(leaf);
  }
  return leaves;
}

Result<std::shared_ptr<parquet::RowGroupReader>> CheckpointFile::ReadRowGroup(
    int row_group, std::string_view column) const {
  return CatchParquet(name_, [&]() -> Result<std::shared_ptr<parquet::RowGroupReader>> {
    std::shared_ptr<parquet::ParquetFileReader> file =
        parquet::ParquetFileReader::Open(impl_->source, impl_->properties, impl_->metadata);
    if (!impl_->is_local && !column.empty()) {
      arrow::io::CacheOptions requests = arrow::io::CacheOptions::Defaults();
      requests.hole_size_limit = kFarStore.max_hole_bytes;
      requests.range_size_limit = kFarStore.max_request_bytes;
      file->PreBuffer({row_group}, LeavesOf(column), arrow::io::default_io_context(), requests);
    }
    std::shared_ptr<parquet::RowGroupReader> group = file->RowGroup(row_group);
    // The row group borrows from its file reader.
    parquet::RowGroupReader* borrowed = group.get();
    return std::shared_ptr<parquet::RowGroupReader>(
        borrowed,
        [file = std::move(file), group = std::move(group)](parquet::RowGroupReader*) mutable {
          group.reset();
          file.reset();
        });
  });
}

}  // namespace deltaic
