#include "data/write/row_group_copy.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <parquet/metadata.h>

#include <cstring>
#include <utility>

#include "data/parquet/parquet_exception.h"
#include "data/parquet/thrift_value.h"
#include "data/write/chunk_copy.h"
#include "data/write/parquet_fields.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

constexpr std::string_view kMagic = "PAR1";
constexpr int64_t kTailBytes = 8;  ///< size of the footer, then the magic

/// The footer as Thrift; no field: one that is encrypted.
Result<ThriftValue> ReadFooter(arrow::io::RandomAccessFile& file, int64_t file_size) {
  if (file_size < kTailBytes) return Status::Corruption("the file is too short");
  DELTAIC_ASSIGN_OR_RETURN(const auto tail, file.ReadAt(file_size - kTailBytes, kTailBytes));
  if (tail->size() < kTailBytes) return Status::Corruption("the file is cut off");
  if (std::memcmp(tail->data() + 4, kMagic.data(), kMagic.size()) != 0) return ThriftValue();
  uint32_t size = 0;
  std::memcpy(&size, tail->data(), sizeof(size));
  if (size > file_size - kTailBytes) return Status::Corruption("the footer is cut off");
  DELTAIC_ASSIGN_OR_RETURN(const auto bytes, file.ReadAt(file_size - kTailBytes - size, size));
  size_t used = 0;
  return ParseThriftStruct({bytes->data(), static_cast<size_t>(bytes->size())}, &used);
}

/// One CopyWithoutRows() call.
class FileCopy {
 public:
  FileCopy(const ParquetInput& from, const DroppedRows& dropped, const CancellationToken& cancel)
      : from_(from), dropped_(dropped), cancel_(cancel) {}

  Result<std::optional<CopiedFile>> Run(ObjectStore& store, const std::string& path) {
    DELTAIC_ASSIGN_OR_RETURN(const int64_t file_size, from_.file->GetSize());
    DELTAIC_ASSIGN_OR_RETURN(footer_, ReadFooter(*from_.file, file_size));
    const ThriftValue* groups = footer_.Find(FileMetaData::kRowGroups);
    if (groups == nullptr || footer_.Find(FileMetaData::kEncryption) != nullptr ||
        static_cast<int>(groups->elements.size()) != from_.metadata->num_row_groups()) {
      return std::optional<CopiedFile>();
    }
    for (int leaf = 0; leaf < from_.metadata->num_columns(); ++leaf) {
      const auto* column = from_.metadata->schema()->Column(leaf);
      copied_.leaves.push_back({.path = column->path()->ToDotVector(),
                                .is_repeated = column->max_repetition_level() > 0});
    }
    DELTAIC_ASSIGN_OR_RETURN(auto writer, store.Create(path));
    const Result<bool> written = Write(*writer->stream(), file_size);
    if (!written.ok() || !*written) {
      writer->Abort();
      DELTAIC_RETURN_IF_ERROR(written.status());
      return std::optional<CopiedFile>();
    }
    DELTAIC_ASSIGN_OR_RETURN(copied_.size_bytes, writer->Close());
    return std::optional(std::move(copied_));
  }

 private:
  Result<bool> Write(arrow::io::OutputStream& stream, int64_t file_size) {
    CopyTarget out(&stream);
    DELTAIC_RETURN_IF_ERROR(out.Write(kMagic));
    std::vector<ThriftValue> groups;
    int64_t first_row = 0;
    ThriftValue& old_groups = *footer_.Find(FileMetaData::kRowGroups);
    for (int i = 0; i < from_.metadata->num_row_groups(); ++i) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      ThriftValue& group = old_groups.elements[static_cast<size_t>(i)];
      const int64_t num_rows = from_.metadata->RowGroup(i)->num_rows();
      std::vector<int64_t> dropped = dropped_(first_row, first_row + num_rows);
      for (int64_t& row : dropped) row -= first_row;
      first_row += num_rows;
      const int64_t kept = num_rows - static_cast<int64_t>(dropped.size());
      if (kept == 0) continue;
      DELTAIC_ASSIGN_OR_RETURN(const bool can, CopyGroup(i, group, dropped, file_size, out));
      if (!can) return false;
      group.Set(RowGroup::kNumRows, ThriftValue::I64(kept));
      if (group.Find(RowGroup::kOrdinal) != nullptr) {
        group.Set(RowGroup::kOrdinal,
                  {.type = ThriftValue::Type::kI16, .number = static_cast<int64_t>(groups.size())});
      }
      copied_.num_rows += kept;
      groups.push_back(std::move(group));
    }
    if (groups.empty()) return false;
    old_groups.elements = std::move(groups);
    footer_.Set(FileMetaData::kNumRows, ThriftValue::I64(copied_.num_rows));
    DELTAIC_RETURN_IF_ERROR(WriteIndexes(out));
    DELTAIC_RETURN_IF_ERROR(WriteFooter(out));
    return true;
  }

  Result<bool> CopyGroup(int number, ThriftValue& group, std::span<const int64_t> dropped,
                         int64_t file_size, CopyTarget& out) {
    const auto metadata = from_.metadata->RowGroup(number);
    ThriftValue* columns = group.Find(RowGroup::kColumns);
    if (columns == nullptr || static_cast<int>(columns->elements.size()) != metadata->num_columns())
      return Status::Corruption("row group ", number, " has another number of columns");
    const int64_t begin = out.position();
    int64_t uncompressed = 0;
    ChunkCopier copier(*from_.file, file_size, dropped);
    std::vector<CopiedChunk>& chunks = chunks_.emplace_back();
    for (int leaf = 0; leaf < metadata->num_columns(); ++leaf) {
      DELTAIC_RETURN_IF_ERROR(cancel_.Check());
      const auto at = static_cast<size_t>(leaf);
      CopiedChunk& chunk = chunks.emplace_back();
      chunk.chunk = std::move(columns->elements[at]);
      DELTAIC_ASSIGN_OR_RETURN(const bool can,
                               copier.Copy(*from_.metadata->schema()->Column(leaf),
                                           *metadata->ColumnChunk(leaf), chunk, out));
      if (!can) return false;
      copied_.leaves[at].num_dropped_nulls += chunk.num_dropped_nulls;
      copied_.leaves[at].bounds_hold = copied_.leaves[at].bounds_hold && chunk.bounds_hold;
      uncompressed += chunk.chunk.Find(ColumnChunk::kMetaData)
                          ->Number(ColumnMetaData::kUncompressedSize)
                          .value_or(0);
    }
    group.Set(RowGroup::kTotalByteSize, ThriftValue::I64(uncompressed));
    group.Set(RowGroup::kFileOffset, ThriftValue::I64(begin));
    group.Set(RowGroup::kTotalCompressedSize, ThriftValue::I64(out.position() - begin));
    return true;
  }

  /// Bloom filters, then what is known of pages, each of all row groups together, as readers like
  /// it.
  Status WriteIndexes(CopyTarget& out) {
    const auto write = [&](ThriftValue& holder, int16_t offset, int16_t size,
                           const std::string& bytes) -> Status {
      if (bytes.empty()) return Status();
      holder.Set(offset, ThriftValue::I64(out.position()));
      holder.Set(size, ThriftValue::I32(static_cast<int32_t>(bytes.size())));
      return out.Write(bytes);
    };
    const auto text = [](const ThriftValue& value) {
      std::string bytes;
      if (!value.fields.empty()) AppendThriftStruct(value, bytes);
      return bytes;
    };
    for (auto& group : chunks_) {
      for (CopiedChunk& chunk : group) {
        DELTAIC_RETURN_IF_ERROR(write(*chunk.chunk.Find(ColumnChunk::kMetaData),
                                      ColumnMetaData::kBloomFilterOffset,
                                      ColumnMetaData::kBloomFilterLength, chunk.bloom_filter));
      }
    }
    for (auto& group : chunks_) {
      for (CopiedChunk& chunk : group) {
        DELTAIC_RETURN_IF_ERROR(write(chunk.chunk, ColumnChunk::kColumnIndexOffset,
                                      ColumnChunk::kColumnIndexLength, text(chunk.column_index)));
      }
    }
    for (auto& group : chunks_) {
      for (CopiedChunk& chunk : group) {
        DELTAIC_RETURN_IF_ERROR(write(chunk.chunk, ColumnChunk::kOffsetIndexOffset,
                                      ColumnChunk::kOffsetIndexLength, text(chunk.offset_index)));
      }
    }
    return Status();
  }

  Status WriteFooter(CopyTarget& out) {
    auto& groups = footer_.Find(FileMetaData::kRowGroups)->elements;
    for (size_t i = 0; i < groups.size(); ++i) {
      auto& columns = groups[i].Find(RowGroup::kColumns)->elements;
      for (size_t leaf = 0; leaf < columns.size(); ++leaf) {
        columns[leaf] = std::move(chunks_[i][leaf].chunk);
      }
    }
    std::string footer;
    AppendThriftStruct(footer_, footer);
    copied_.metadata =
        parquet::FileMetaData::Make(footer.data(), static_cast<int64_t>(footer.size()));
    const auto footer_size = static_cast<uint32_t>(footer.size());
    footer.append(reinterpret_cast<const char*>(&footer_size), sizeof(footer_size));
    footer += kMagic;
    return out.Write(footer);
  }

  const ParquetInput& from_;
  const DroppedRows& dropped_;
  const CancellationToken& cancel_;
  ThriftValue footer_;
  std::vector<std::vector<CopiedChunk>> chunks_;  ///< by row group of the copy, then leaf
  CopiedFile copied_;
};

}  // namespace

Result<std::optional<CopiedFile>> CopyWithoutRows(ObjectStore& store, const std::string& path,
                                                  const ParquetInput& from,
                                                  const DroppedRows& dropped,
                                                  const CancellationToken& cancel) {
  return CatchReading([&] { return FileCopy(from, dropped, cancel).Run(store, path); });
}

}  // namespace deltaic
