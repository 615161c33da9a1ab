#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>
#include <parquet/schema.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/status.h"
#include "data/parquet/thrift_value.h"
#include "data/write/chunk_copy.h"
#include "data/write/page_rows.h"

namespace deltaic {

/// Column chunks and pages as they lie in files: everything read here is untrusted.

/// \retval kCorruption  the file does not reach so far.
Result<std::shared_ptr<arrow::Buffer>> ReadFileRange(arrow::io::RandomAccessFile& file,
                                                     int64_t file_size, int64_t offset,
                                                     int64_t size);

/// False where a footer's ColumnChunk is of a kind that only decoding can read: in another file,
/// encrypted.
bool IsPlainChunk(const ThriftValue& chunk);

/// Where the pages of a chunk lie, that of its dictionary included.
struct ChunkRange {
  int64_t begin = 0, size = 0;
};
/// \param details  its ColumnMetaData.
ChunkRange RangeOf(const ThriftValue& details);

/// Bytes of the file at an offset, good until the next call.
using ReadBytes = std::function<Result<std::span<const uint8_t>>(int64_t offset, int64_t size)>;

/// Reads what is known of the pages of `copied.chunk`, which then names none of it any more. An
/// index that cannot be read is left out: it only saves work.
Status TakeIndexes(const ReadBytes& read_bytes, CopiedChunk& copied);

/// PageHeader.type
inline constexpr int64_t kDataPage = 0;
inline constexpr int64_t kDictionaryPage = 2;
inline constexpr int64_t kDataPageV2 = 3;

/// One page, as stored.
struct StoredPage {
  ThriftValue header;
  std::span<const uint8_t> whole;    ///< with its header
  std::span<const uint8_t> payload;  ///< without
  int64_t type = -1;
  int64_t uncompressed_size = 0;  ///< of the payload; >= 0, not more than a sane page has
  int64_t num_entries = -1;       ///< of a data page; -1: it does not say
  bool is_data() const { return type == kDataPage || type == kDataPageV2; }
  int64_t total_uncompressed() const {
    return uncompressed_size + static_cast<int64_t>(whole.size() - payload.size());
  }
};

/// The page that `bytes`, the rest of a chunk, begin with; it is used as long as they are.
/// \retval kCorruption  it reaches beyond them.
Result<StoredPage> ParseStoredPage(std::span<const uint8_t> bytes);

/// What pages of a column look like. \param codec  nullptr: they are not compressed.
PageForm PageFormOf(const parquet::ColumnDescriptor& column, arrow::util::Codec* codec);

/// The values of a dictionary's page, decompressed.
Result<std::string> DecompressDictionary(const StoredPage& page, arrow::util::Codec* codec);

}  // namespace deltaic
