#include "data/write/row_group_copy.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <parquet/metadata.h>

#include <utility>

#include "data/parquet/parquet_exception.h"
#include "data/parquet/thrift_value.h"
#include "data/write/chunk_copy.h"
#include "data/write/file_footer.h"
#include "data/write/parquet_fields.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

/// Chunks of one row group, with what the footer of their file says of each.
struct FoundChunks {
  ReplacedChunks chunks;
  ThriftValue footer;
  ThriftValue& ChunkOf(int leaf) {
    ThriftValue& group = footer.Find(FileMetaData::kRowGroups)->elements.front();
    return group.Find(RowGroup::kColumns)->elements[static_cast<size_t>(leaf)];
  }
};

/// One JoinFiles() call.
class FileCopy {
 public:
  FileCopy(std::span<const CopySource> sources, const CancellationToken& cancel)
      : sources_(sources), cancel_(cancel) {}

  Result<std::optional<CopiedFile>> Run(ObjectStore& store, const std::string& path) {
    // Of a store that is far more at once: each request takes its time.
    window_bytes_ = store.traits().max_request_bytes;
    DELTAIC_ASSIGN_OR_RETURN(const bool fit, ReadFooters());
    if (!fit) return std::optional<CopiedFile>();
    const parquet::FileMetaData& first = *sources_.front().from.metadata;
    for (int leaf = 0; leaf < first.num_columns(); ++leaf) {
      const auto* column = first.schema()->Column(leaf);
      copied_.leaves.push_back({.path = column->path()->ToDotVector(),
                                .is_repeated = column->max_repetition_level() > 0});
    }
    DELTAIC_ASSIGN_OR_RETURN(auto writer, store.Create(path));
    const Result<bool> written = Write(*writer->stream());
    if (!written.ok() || !*written) {
      writer->Abort();
      DELTAIC_RETURN_IF_ERROR(written.status());
      return std::optional<CopiedFile>();
    }
    DELTAIC_ASSIGN_OR_RETURN(copied_.size_bytes, writer->Close());
    return std::optional(std::move(copied_));
  }

 private:
  /// \return false: the files cannot be copied into one.
  Result<bool> ReadFooters() {
    std::string form;
    for (const CopySource& source : sources_) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      DELTAIC_ASSIGN_OR_RETURN(const int64_t file_size, source.from.file->GetSize());
      DELTAIC_ASSIGN_OR_RETURN(ThriftValue footer, ReadFooter(*source.from.file, file_size));
      ThriftValue* groups = footer.Find(FileMetaData::kRowGroups);
      if (groups == nullptr || footer.Find(FileMetaData::kEncryption) != nullptr ||
          static_cast<int>(groups->elements.size()) != source.from.metadata->num_row_groups()) {
        return false;
      }
      if (sources_.size() > 1) {
        std::string other = FormOf(footer);
        if (!form.empty() && form != other) return false;
        form = std::move(other);
      }
      groups_.push_back(std::move(groups->elements));
      sizes_.push_back(file_size);
      if (groups_.size() == 1) footer_ = std::move(footer);
    }
    return true;
  }

  Result<bool> Write(arrow::io::OutputStream& stream) {
    CopyTarget out(&stream);
    DELTAIC_RETURN_IF_ERROR(out.Write(kParquetMagic));
    for (size_t i = 0; i < sources_.size(); ++i) {
      DELTAIC_ASSIGN_OR_RETURN(const bool can, CopySourceGroups(i, out));
      if (!can) return false;
    }
    if (written_.empty()) return false;
    footer_.Set(FileMetaData::kNumRows, ThriftValue::I64(copied_.num_rows));
    DELTAIC_ASSIGN_OR_RETURN(copied_.metadata,
                             WriteFooter(std::move(footer_), std::move(written_), chunks_, out));
    return true;
  }

  Result<bool> CopySourceGroups(size_t number, CopyTarget& out) {
    const CopySource& source = sources_[number];
    int64_t first_row = 0;
    for (int i = 0; i < source.from.metadata->num_row_groups(); ++i) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      ThriftValue& group = groups_[number][static_cast<size_t>(i)];
      const int64_t num_rows = source.from.metadata->RowGroup(i)->num_rows();
      std::vector<int64_t> dropped;
      if (source.dropped) dropped = source.dropped(first_row, first_row + num_rows);
      for (int64_t& row : dropped) row -= first_row;
      first_row += num_rows;
      const int64_t kept = num_rows - static_cast<int64_t>(dropped.size());
      if (kept == 0) continue;
      DELTAIC_ASSIGN_OR_RETURN(std::optional<FoundChunks> replaced, FindReplaced(source, i, kept));
      DELTAIC_ASSIGN_OR_RETURN(const bool can, CopyGroup(source, i, sizes_[number], group, dropped,
                                                         replaced ? &*replaced : nullptr, out));
      if (!can) return false;
      group.Set(RowGroup::kNumRows, ThriftValue::I64(kept));
      // With new values rows may be in another order.
      if (replaced) group.Erase(RowGroup::kSortingColumns);
      SetOrdinal(group, written_.size());
      copied_.num_rows += kept;
      written_.push_back(std::move(group));
    }
    return true;
  }

  Result<std::optional<FoundChunks>> FindReplaced(const CopySource& source, int group,
                                                  int64_t kept) const {
    if (!source.replaced) return std::optional<FoundChunks>();
    DELTAIC_ASSIGN_OR_RETURN(std::optional<ReplacedChunks> chunks, source.replaced(group));
    if (!chunks) return std::optional<FoundChunks>();
    const parquet::FileMetaData& metadata = *chunks->from.metadata;
    if (metadata.num_row_groups() != 1 || metadata.num_rows() != kept) {
      return Status::Internal("row group ", group, " of ", kept, " rows cannot get chunks of ",
                              metadata.num_rows());
    }
    DELTAIC_ASSIGN_OR_RETURN(const int64_t size, chunks->from.file->GetSize());
    DELTAIC_ASSIGN_OR_RETURN(ThriftValue footer, ReadFooter(*chunks->from.file, size));
    return std::optional(FoundChunks{.chunks = *std::move(chunks), .footer = std::move(footer)});
  }

  Result<bool> CopyGroup(const CopySource& source, int number, int64_t file_size,
                         ThriftValue& group, std::span<const int64_t> dropped,
                         FoundChunks* replaced, CopyTarget& out) {
    const parquet::FileMetaData& file = *source.from.metadata;
    const auto metadata = file.RowGroup(number);
    ThriftValue* columns = group.Find(RowGroup::kColumns);
    if (columns == nullptr || static_cast<int>(columns->elements.size()) != metadata->num_columns())
      return Status::Corruption("row group ", number, " has another number of columns");
    const int64_t begin = out.position();
    int64_t uncompressed = 0;
    ChunkCopier copier(*source.from.file, file_size, window_bytes_, dropped);
    std::vector<CopiedChunk>& chunks = chunks_.emplace_back();
    for (int leaf = 0; leaf < metadata->num_columns(); ++leaf) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      const auto at = static_cast<size_t>(leaf);
      CopiedChunk& chunk = chunks.emplace_back();
      const parquet::ColumnDescriptor& column = *file.schema()->Column(leaf);
      const int other = ReplacingLeaf(replaced, leaf);
      bool can = false;
      if (other >= 0) {
        DELTAIC_ASSIGN_OR_RETURN(can, CopyReplaced(column, *replaced, other, chunk, out));
        copied_.leaves[at].is_replaced = true;
      } else {
        chunk.chunk = std::move(columns->elements[at]);
        DELTAIC_ASSIGN_OR_RETURN(can,
                                 copier.Copy(column, *metadata->ColumnChunk(leaf), chunk, out));
        copied_.leaves[at].num_dropped_nulls += chunk.num_dropped_nulls;
        copied_.leaves[at].bounds_hold = copied_.leaves[at].bounds_hold && chunk.bounds_hold;
      }
      if (!can) return false;
      uncompressed += chunk.chunk.Find(ColumnChunk::kMetaData)
                          ->Number(ColumnMetaData::kUncompressedSize)
                          .value_or(0);
    }
    group.Set(RowGroup::kTotalByteSize, ThriftValue::I64(uncompressed));
    group.Set(RowGroup::kFileOffset, ThriftValue::I64(begin));
    group.Set(RowGroup::kTotalCompressedSize, ThriftValue::I64(out.position() - begin));
    return true;
  }

  static int ReplacingLeaf(const FoundChunks* replaced, int leaf) {
    if (replaced == nullptr) return -1;
    for (const auto& [old_leaf, new_leaf] : replaced->chunks.leaves) {
      if (old_leaf == leaf) return new_leaf;
    }
    return -1;
  }

  /// \return false: the chunk is of another type than the file's column.
  Result<bool> CopyReplaced(const parquet::ColumnDescriptor& column, FoundChunks& replaced,
                            int leaf, CopiedChunk& chunk, CopyTarget& out) const {
    const ParquetInput& from = replaced.chunks.from;
    const parquet::ColumnDescriptor& other = *from.metadata->schema()->Column(leaf);
    if (!column.Equals(other) || column.path()->ToDotVector() != other.path()->ToDotVector()) {
      return false;
    }
    chunk.chunk = std::move(replaced.ChunkOf(leaf));
    DELTAIC_ASSIGN_OR_RETURN(const int64_t size, from.file->GetSize());
    return ChunkCopier(*from.file, size, window_bytes_, {})
        .Copy(column, *from.metadata->RowGroup(0)->ColumnChunk(leaf), chunk, out);
  }

  const std::span<const CopySource> sources_;
  const CancellationToken& cancel_;
  ThriftValue footer_;                            ///< of the first file, and then of the copy
  std::vector<std::vector<ThriftValue>> groups_;  ///< by source
  std::vector<int64_t> sizes_;                    ///< of the sources' files
  int64_t window_bytes_ = 0;                      ///< of a file that are in memory at once
  std::vector<ThriftValue> written_;              ///< row groups of the copy
  std::vector<std::vector<CopiedChunk>> chunks_;  ///< by row group of the copy, then leaf
  CopiedFile copied_;
};

}  // namespace

Result<std::optional<CopiedFile>> JoinFiles(ObjectStore& store, const std::string& path,
                                            std::span<const CopySource> sources,
                                            const CancellationToken& cancel) {
  return CatchReading([&] { return FileCopy(sources, cancel).Run(store, path); });
}

Result<std::optional<CopiedFile>> CopyWithoutRows(ObjectStore& store, const std::string& path,
                                                  const ParquetInput& from,
                                                  const DroppedRows& dropped,
                                                  const CancellationToken& cancel) {
  const CopySource source{.from = from, .dropped = dropped, .replaced = {}};
  return JoinFiles(store, path, {&source, 1}, cancel);
}

}  // namespace deltaic
