#include "data/write/row_group_merge.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/io/memory.h>
#include <parquet/metadata.h>

#include <atomic>
#include <utility>
#include <vector>

#include "data/memory/decode_pool.h"
#include "data/parquet/parquet_exception.h"
#include "data/parquet/thrift_value.h"
#include "data/write/chunk_copy.h"
#include "data/write/file_footer.h"
#include "data/write/parquet_fields.h"
#include "storage/arrow_status.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

/// A row group that waits for others.
struct WaitingGroup {
  std::shared_ptr<const ParquetInput> from;
  int64_t file_size = 0;
  int number = 0;     ///< in its file
  ThriftValue group;  ///< its footer's RowGroup
  int64_t num_rows = 0;
  int64_t num_bytes = 0;  ///< compressed
};

/// Moves a chunk that was made at the begin of a file.
void Shift(int64_t bytes, CopiedChunk& chunk) {
  const auto shift = [bytes](ThriftValue& holder, int16_t field) {
    const auto offset = holder.Number(field);
    if (offset) holder.Set(field, ThriftValue::I64(*offset + bytes));
  };
  ThriftValue& details = *chunk.chunk.Find(ColumnChunk::kMetaData);
  shift(details, ColumnMetaData::kDataPageOffset);
  shift(details, ColumnMetaData::kDictionaryPageOffset);
  ThriftValue* pages = chunk.offset_index.Find(OffsetIndex::kPageLocations);
  if (pages == nullptr) return;
  for (ThriftValue& page : pages->elements) shift(page, PageLocation::kOffset);
}

/// One MergeFiles() call.
class FileMerge {
 public:
  FileMerge(size_t num_files, const MergeSource& open, const MergeLimits& limits,
            const CancellationToken& cancel)
      : num_files_(num_files), open_(open), limits_(limits), cancel_(cancel) {}

  Result<std::optional<CopiedFile>> Run(ObjectStore& store, const std::string& path) {
    window_bytes_ = store.traits().max_request_bytes;
    DELTAIC_ASSIGN_OR_RETURN(auto writer, store.Create(path));
    // What Parquet's library throws must not leave half a file.
    const Result<bool> written = CatchReading([&] { return Write(*writer->stream()); });
    if (!written.ok() || !*written) {
      writer->Abort();
      DELTAIC_RETURN_IF_ERROR(written.status());
      return std::optional<CopiedFile>();
    }
    DELTAIC_ASSIGN_OR_RETURN(merged_.size_bytes, writer->Close());
    return std::optional(std::move(merged_));
  }

 private:
  /// \return false: the files must be decoded.
  Result<bool> Write(arrow::io::OutputStream& stream) {
    CopyTarget out(&stream);
    DELTAIC_RETURN_IF_ERROR(out.Write(kParquetMagic));
    for (size_t i = 0; i < num_files_; ++i) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      DELTAIC_ASSIGN_OR_RETURN(const bool can, TakeFile(i, out));
      if (!can) return false;
    }
    DELTAIC_ASSIGN_OR_RETURN(const bool can, WriteWaiting(out));
    if (!can || written_.empty()) return false;
    footer_.Set(FileMetaData::kNumRows, ThriftValue::I64(merged_.num_rows));
    DELTAIC_ASSIGN_OR_RETURN(merged_.metadata,
                             WriteFooter(std::move(footer_), std::move(written_), chunks_, out));
    return true;
  }

  Result<bool> TakeFile(size_t number, CopyTarget& out) {
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<const ParquetInput> input, open_(number));
    if (input == nullptr) return false;
    DELTAIC_ASSIGN_OR_RETURN(const int64_t file_size, input->file->GetSize());
    DELTAIC_ASSIGN_OR_RETURN(ThriftValue footer, ReadFooter(*input->file, file_size));
    ThriftValue* groups = footer.Find(FileMetaData::kRowGroups);
    if (groups == nullptr || footer.Find(FileMetaData::kEncryption) != nullptr ||
        static_cast<int>(groups->elements.size()) != input->metadata->num_row_groups()) {
      return false;
    }
    std::string form = FormOf(footer);
    if (first_ != nullptr && form != form_) return false;
    std::vector<ThriftValue> taken = std::exchange(groups->elements, {});
    if (first_ == nullptr) {
      // The file itself is closed when its rows are written.
      first_ = input->metadata;
      form_ = std::move(form);
      footer_ = std::move(footer);
      for (int leaf = 0; leaf < first_->num_columns(); ++leaf) {
        const auto* column = first_->schema()->Column(leaf);
        merged_.leaves.push_back({.path = column->path()->ToDotVector(),
                                  .is_repeated = column->max_repetition_level() > 0});
      }
    }
    for (int i = 0; i < input->metadata->num_row_groups(); ++i) {
      const auto metadata = input->metadata->RowGroup(i);
      if (metadata->num_rows() == 0) continue;
      WaitingGroup group{.from = input,
                         .file_size = file_size,
                         .number = i,
                         .group = std::move(taken[static_cast<size_t>(i)]),
                         .num_rows = metadata->num_rows(),
                         .num_bytes = metadata->total_compressed_size()};
      DELTAIC_ASSIGN_OR_RETURN(const bool can, TakeGroup(std::move(group), out));
      if (!can) return false;
    }
    return true;
  }

  bool IsLarge(int64_t rows, int64_t bytes) const {
    return rows >= limits_.min_group_rows || bytes >= limits_.min_group_bytes;
  }

  Result<bool> TakeGroup(WaitingGroup group, CopyTarget& out) {
    const ThriftValue* columns = group.group.Find(RowGroup::kColumns);
    if (columns == nullptr || static_cast<int>(columns->elements.size()) != first_->num_columns()) {
      return Status::Corruption("row group ", group.number, " has another number of columns");
    }
    const bool is_large = IsLarge(group.num_rows, group.num_bytes);
    const bool is_full = waiting_rows_ + group.num_rows > limits_.max_group_rows ||
                         waiting_bytes_ + group.num_bytes > limits_.max_group_bytes ||
                         static_cast<int64_t>(waiting_.size()) >= limits_.max_group_parts;
    if (is_full || (is_large && IsLarge(waiting_rows_, waiting_bytes_))) {
      DELTAIC_ASSIGN_OR_RETURN(const bool can, WriteWaiting(out));
      if (!can) return false;
    }
    waiting_rows_ += group.num_rows;
    waiting_bytes_ += group.num_bytes;
    waiting_.push_back(std::move(group));
    return true;
  }

  /// Makes one row group of those that wait.
  Result<bool> WriteWaiting(CopyTarget& out) {
    if (waiting_.empty()) return true;
    const auto num_leaves = static_cast<size_t>(first_->num_columns());
    std::vector<CopiedChunk>& chunks = chunks_.emplace_back(num_leaves);
    const int64_t begin = out.position();
    DELTAIC_ASSIGN_OR_RETURN(const bool can, limits_.num_threads > 1 && num_leaves > 1
                                                 ? WriteAtOnce(chunks, out)
                                                 : WriteInOrder(chunks, out));
    if (!can) return false;
    int64_t uncompressed = 0;
    for (const CopiedChunk& chunk : chunks) {
      uncompressed += chunk.chunk.Find(ColumnChunk::kMetaData)
                          ->Number(ColumnMetaData::kUncompressedSize)
                          .value_or(0);
    }
    ThriftValue group = std::move(waiting_.front().group);
    group.Set(RowGroup::kNumRows, ThriftValue::I64(waiting_rows_));
    group.Set(RowGroup::kTotalByteSize, ThriftValue::I64(uncompressed));
    group.Set(RowGroup::kFileOffset, ThriftValue::I64(begin));
    group.Set(RowGroup::kTotalCompressedSize, ThriftValue::I64(out.position() - begin));
    if (waiting_.size() > 1) group.Erase(RowGroup::kSortingColumns);
    SetOrdinal(group, written_.size());
    written_.push_back(std::move(group));
    merged_.num_rows += waiting_rows_;
    waiting_.clear();
    waiting_rows_ = waiting_bytes_ = 0;
    return true;
  }

  Result<bool> WriteInOrder(std::vector<CopiedChunk>& chunks, CopyTarget& out) {
    for (size_t leaf = 0; leaf < chunks.size(); ++leaf) {
      DELTAIC_ASSIGN_OR_RETURN(const bool can, WriteLeaf(leaf, chunks[leaf], out));
      if (!can) return false;
    }
    return true;
  }

  Result<bool> WriteAtOnce(std::vector<CopiedChunk>& chunks, CopyTarget& out) {
    std::vector<std::shared_ptr<arrow::Buffer>> bytes(chunks.size());
    std::atomic<bool> can = true;
    DELTAIC_RETURN_IF_ERROR(ParallelFor(
        static_cast<int64_t>(chunks.size()), limits_.num_threads, [&](int64_t i) -> Status {
          if (!can) return Status();
          const auto leaf = static_cast<size_t>(i);
          DELTAIC_ASSIGN_OR_RETURN(
              const auto stream,
              arrow::io::BufferOutputStream::Create(waiting_bytes_ / first_->num_columns() + 1,
                                                    DecodeScratchPool()));
          CopyTarget part(stream.get());
          DELTAIC_ASSIGN_OR_RETURN(const bool done, WriteLeaf(leaf, chunks[leaf], part));
          if (!done) can = false;
          DELTAIC_ASSIGN_OR_RETURN(bytes[leaf], stream->Finish());
          return Status();
        }));
    for (size_t leaf = 0; leaf < chunks.size() && can; ++leaf) {
      Shift(out.position(), chunks[leaf]);
      const auto part = std::exchange(bytes[leaf], nullptr);
      DELTAIC_RETURN_IF_ERROR(
          out.Write({part->data_as<char>(), static_cast<size_t>(part->size())}));
    }
    return can.load();
  }

  /// Makes the chunk of a leaf. May run at once for several.
  Result<bool> WriteLeaf(size_t leaf, CopiedChunk& chunk, CopyTarget& out) {
    DELTAIC_RETURN_IF_ERROR(cancel_.Check());
    const auto number = static_cast<int>(leaf);
    const parquet::ColumnDescriptor& column = *first_->schema()->Column(number);
    const auto chunk_of = [&](WaitingGroup& group) -> ThriftValue& {
      return group.group.Find(RowGroup::kColumns)->elements[leaf];
    };
    if (waiting_.size() == 1) {
      WaitingGroup& group = waiting_.front();
      chunk.chunk = std::move(chunk_of(group));
      return ChunkCopier(*group.from->file, group.file_size, window_bytes_, {})
          .Copy(column, *group.from->metadata->RowGroup(group.number)->ColumnChunk(number), chunk,
                out);
    }
    std::vector<MergedPart> parts;
    for (WaitingGroup& group : waiting_) {
      parts.push_back({.file = group.from->file.get(),
                       .file_size = group.file_size,
                       .chunk = &chunk_of(group),
                       .num_rows = group.num_rows});
    }
    return MergeChunks(column, parts, limits_.pages, chunk, out);
  }

  const size_t num_files_;
  const MergeSource& open_;
  const MergeLimits& limits_;
  const CancellationToken& cancel_;
  std::shared_ptr<parquet::FileMetaData> first_;  ///< of the first file
  std::string form_;                              ///< of all files
  ThriftValue footer_;                            ///< of the first file, and then of the new one
  std::vector<WaitingGroup> waiting_;
  int64_t waiting_rows_ = 0, waiting_bytes_ = 0;
  int64_t window_bytes_ = 0;                      ///< of a file that is copied, in memory at once
  std::vector<ThriftValue> written_;              ///< row groups of the new file
  std::vector<std::vector<CopiedChunk>> chunks_;  ///< by row group of the new file, then leaf
  CopiedFile merged_;
};

}  // namespace

Result<std::optional<CopiedFile>> MergeFiles(ObjectStore& store, const std::string& path,
                                             size_t num_files, const MergeSource& open,
                                             const MergeLimits& limits,
                                             const CancellationToken& cancel) {
  return CatchReading([&] { return FileMerge(num_files, open, limits, cancel).Run(store, path); });
}

}  // namespace deltaic
