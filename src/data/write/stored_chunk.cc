#include "data/write/stored_chunk.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <string>
#include <utility>

#include "data/memory/decode_pool.h"
#include "data/write/parquet_fields.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

using namespace parquet_fields;

/// More than any page of a sane writer: sizes come from the file.
constexpr int64_t kMaxPageBytes = 1 << 30;
/// Indexes and filters are small; what claims to be more is left out.
constexpr int64_t kMaxIndexBytes = 256 << 20;

}  // namespace

Result<std::shared_ptr<arrow::Buffer>> ReadFileRange(arrow::io::RandomAccessFile& file,
                                                     int64_t file_size, int64_t offset,
                                                     int64_t size) {
  if (offset < 0 || size < 0 || offset > file_size || size > file_size - offset) {
    return Status::Corruption("the footer names bytes ", offset, " to ", offset + size,
                              " of a file of ", file_size);
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Buffer> buffer,
                           arrow::AllocateBuffer(size, DecodeScratchPool()));
  DELTAIC_ASSIGN_OR_RETURN(const int64_t got, file.ReadAt(offset, size, buffer->mutable_data()));
  if (got < size) return Status::Corruption("the file is cut off");
  return buffer;
}

bool IsPlainChunk(const ThriftValue& chunk) {
  const ThriftValue* details = chunk.Find(ColumnChunk::kMetaData);
  return details != nullptr && chunk.Find(ColumnChunk::kFilePath) == nullptr &&
         chunk.Find(ColumnChunk::kCryptoMetaData) == nullptr &&
         chunk.Find(ColumnChunk::kEncryptedMetaData) == nullptr &&
         details->Find(ColumnMetaData::kIndexPageOffset) == nullptr;
}

ChunkRange RangeOf(const ThriftValue& details) {
  const int64_t data_begin = details.Number(ColumnMetaData::kDataPageOffset).value_or(-1);
  const auto dictionary = details.Number(ColumnMetaData::kDictionaryPageOffset);
  return {.begin = dictionary && *dictionary > 0 ? std::min(*dictionary, data_begin) : data_begin,
          .size = details.Number(ColumnMetaData::kCompressedSize).value_or(-1)};
}

Status TakeIndexes(const ReadBytes& read_bytes, CopiedChunk& copied) {
  ThriftValue& chunk = copied.chunk;
  const auto read = [&](ThriftValue& holder, int16_t offset_field, int16_t size_field,
                        std::string& out) -> Status {
    const auto offset = holder.Number(offset_field);
    const auto size = holder.Number(size_field);
    holder.Erase(offset_field);
    holder.Erase(size_field);
    if (!offset || !size || *size <= 0 || *size > kMaxIndexBytes) return Status();
    DELTAIC_ASSIGN_OR_RETURN(const std::span<const uint8_t> bytes, read_bytes(*offset, *size));
    out.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Status();
  };
  const auto parse = [](const std::string& bytes, ThriftValue& out) {
    size_t size = 0;
    if (bytes.empty()) return;
    auto parsed =
        ParseThriftStruct({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, &size);
    if (parsed.ok()) out = *std::move(parsed);
  };
  std::string bytes;
  DELTAIC_RETURN_IF_ERROR(
      read(chunk, ColumnChunk::kOffsetIndexOffset, ColumnChunk::kOffsetIndexLength, bytes));
  parse(bytes, copied.offset_index);
  bytes.clear();
  DELTAIC_RETURN_IF_ERROR(
      read(chunk, ColumnChunk::kColumnIndexOffset, ColumnChunk::kColumnIndexLength, bytes));
  parse(bytes, copied.column_index);
  return read(*chunk.Find(ColumnChunk::kMetaData), ColumnMetaData::kBloomFilterOffset,
              ColumnMetaData::kBloomFilterLength, copied.bloom_filter);
}

Result<StoredPage> ParseStoredPage(std::span<const uint8_t> bytes) {
  StoredPage page;
  size_t header_size = 0;
  DELTAIC_ASSIGN_OR_RETURN(page.header, ParseThriftStruct(bytes, &header_size));
  const int64_t stored = page.header.Number(PageHeader::kCompressedSize).value_or(-1);
  page.uncompressed_size = page.header.Number(PageHeader::kUncompressedSize).value_or(-1);
  if (stored < 0 || page.uncompressed_size < 0 || page.uncompressed_size > kMaxPageBytes ||
      static_cast<uint64_t>(stored) > bytes.size() - header_size) {
    return Status::Corruption("a page reaches beyond its column chunk");
  }
  page.whole = bytes.subspan(0, header_size + static_cast<size_t>(stored));
  page.payload = page.whole.subspan(header_size);
  page.type = page.header.Number(PageHeader::kType).value_or(-1);
  if (page.is_data()) {
    const ThriftValue* details = page.header.Find(
        page.type == kDataPage ? PageHeader::kDataHeader : PageHeader::kDataHeaderV2);
    if (details != nullptr) page.num_entries = details->Number(DataPage::kNumValues).value_or(-1);
  }
  return page;
}

PageForm PageFormOf(const parquet::ColumnDescriptor& column, arrow::util::Codec* codec) {
  PageForm form{.type = column.physical_type(),
                .max_definition = column.max_definition_level(),
                .max_repetition = column.max_repetition_level(),
                .codec = codec};
  if (column.physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY) {
    form.value_bytes = column.type_length();
  } else if (column.physical_type() != parquet::Type::BYTE_ARRAY &&
             column.physical_type() != parquet::Type::BOOLEAN) {
    form.value_bytes = parquet::GetTypeByteSize(column.physical_type());
  }
  return form;
}

Result<std::string> DecompressDictionary(const StoredPage& page, arrow::util::Codec* codec) {
  const auto stored = static_cast<int64_t>(page.payload.size());
  if (codec == nullptr) {
    return std::string(reinterpret_cast<const char*>(page.payload.data()), page.payload.size());
  }
  std::string values(static_cast<size_t>(page.uncompressed_size), '\0');
  if (values.empty()) return values;
  const auto got = codec->Decompress(stored, page.payload.data(), page.uncompressed_size,
                                     reinterpret_cast<uint8_t*>(values.data()));
  if (!got.ok() || *got != page.uncompressed_size) {
    return Status::Corruption("a dictionary cannot be decompressed");
  }
  return values;
}

}  // namespace deltaic
