#include "data/write/file_footer.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <cstring>
#include <limits>
#include <utility>

#include "data/write/parquet_fields.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

constexpr int64_t kTailBytes = 8;  ///< size of the footer, then the magic

std::string BytesOf(const ThriftValue& value) {
  std::string bytes;
  if (!value.fields.empty()) AppendThriftStruct(value, bytes);
  return bytes;
}

/// Writes `bytes` and names their place in `holder`; none: names none.
Status WriteNamed(ThriftValue& holder, int16_t offset, int16_t size, const std::string& bytes,
                  CopyTarget& out) {
  if (bytes.empty()) return Status();
  holder.Set(offset, ThriftValue::I64(out.position()));
  holder.Set(size, ThriftValue::I32(static_cast<int32_t>(bytes.size())));
  return out.Write(bytes);
}

Status WriteIndexes(std::vector<std::vector<CopiedChunk>>& chunks, CopyTarget& out) {
  for (auto& group : chunks) {
    for (CopiedChunk& chunk : group) {
      DELTAIC_RETURN_IF_ERROR(
          WriteNamed(*chunk.chunk.Find(ColumnChunk::kMetaData), ColumnMetaData::kBloomFilterOffset,
                     ColumnMetaData::kBloomFilterLength, chunk.bloom_filter, out));
    }
  }
  for (auto& group : chunks) {
    for (CopiedChunk& chunk : group) {
      DELTAIC_RETURN_IF_ERROR(WriteNamed(chunk.chunk, ColumnChunk::kColumnIndexOffset,
                                         ColumnChunk::kColumnIndexLength,
                                         BytesOf(chunk.column_index), out));
    }
  }
  for (auto& group : chunks) {
    for (CopiedChunk& chunk : group) {
      DELTAIC_RETURN_IF_ERROR(WriteNamed(chunk.chunk, ColumnChunk::kOffsetIndexOffset,
                                         ColumnChunk::kOffsetIndexLength,
                                         BytesOf(chunk.offset_index), out));
    }
  }
  return Status();
}

}  // namespace

Result<ThriftValue> ReadFooter(arrow::io::RandomAccessFile& file, int64_t file_size) {
  if (file_size < kTailBytes) return Status::Corruption("the file is too short");
  DELTAIC_ASSIGN_OR_RETURN(const auto tail, file.ReadAt(file_size - kTailBytes, kTailBytes));
  if (tail->size() < kTailBytes) return Status::Corruption("the file is cut off");
  if (std::memcmp(tail->data() + 4, kParquetMagic.data(), kParquetMagic.size()) != 0) {
    return ThriftValue();
  }
  uint32_t size = 0;
  std::memcpy(&size, tail->data(), sizeof(size));
  if (size > file_size - kTailBytes) return Status::Corruption("the footer is cut off");
  DELTAIC_ASSIGN_OR_RETURN(const auto bytes, file.ReadAt(file_size - kTailBytes - size, size));
  size_t used = 0;
  return ParseThriftStruct({bytes->data(), static_cast<size_t>(bytes->size())}, &used);
}

std::string FormOf(const ThriftValue& footer) {
  ThriftValue form;
  for (const ThriftValue::Field& field : footer.fields) {
    if (field.number == FileMetaData::kNumRows || field.number == FileMetaData::kRowGroups ||
        field.number == FileMetaData::kNotes) {
      continue;
    }
    form.fields.push_back(field);
  }
  std::string bytes;
  AppendThriftStruct(form, bytes);
  return bytes;
}

void SetOrdinal(ThriftValue& group, size_t ordinal) {
  if (group.Find(RowGroup::kOrdinal) == nullptr) return;
  group.Erase(RowGroup::kOrdinal);
  // The field has 16 bits, and need not be there.
  if (ordinal > static_cast<size_t>(std::numeric_limits<int16_t>::max())) return;
  group.Set(RowGroup::kOrdinal,
            {.type = ThriftValue::Type::kI16, .number = static_cast<int64_t>(ordinal)});
}

Result<std::shared_ptr<parquet::FileMetaData>> WriteFooter(
    ThriftValue footer, std::vector<ThriftValue> groups,
    std::vector<std::vector<CopiedChunk>>& chunks, CopyTarget& out) {
  DELTAIC_RETURN_IF_ERROR(WriteIndexes(chunks, out));
  for (size_t i = 0; i < groups.size(); ++i) {
    auto& columns = groups[i].Find(RowGroup::kColumns)->elements;
    for (size_t leaf = 0; leaf < columns.size(); ++leaf) {
      columns[leaf] = std::move(chunks[i][leaf].chunk);
    }
  }
  footer.Find(FileMetaData::kRowGroups)->elements = std::move(groups);
  std::string bytes;
  AppendThriftStruct(footer, bytes);
  auto metadata = parquet::FileMetaData::Make(bytes.data(), static_cast<int64_t>(bytes.size()));
  const auto size = static_cast<uint32_t>(bytes.size());
  bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes += kParquetMagic;
  DELTAIC_RETURN_IF_ERROR(out.Write(bytes));
  return metadata;
}

}  // namespace deltaic
