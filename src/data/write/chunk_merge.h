#pragma once

#include <arrow/io/type_fwd.h>
#include <parquet/schema.h>

#include <cstdint>
#include <span>

#include "base/status.h"
#include "data/parquet/thrift_value.h"
#include "data/write/chunk_copy.h"

namespace deltaic {

/// How large the pages of a merged chunk become.
struct PageLimits {
  int64_t max_rows = 0;
  int64_t max_bytes = 0;             ///< of values; a page of one old page may have more
  int64_t max_dictionary_bytes = 0;  ///< beyond it a chunk has none
};

/// A column chunk that comes into a merged one.
struct MergedPart {
  arrow::io::RandomAccessFile* file = nullptr;
  int64_t file_size = 0;
  ThriftValue* chunk = nullptr;  ///< the footer's ColumnChunk, which is taken
  int64_t num_rows = 0;
};

/// Makes one column chunk of several of the same leaf column, codec and kind, without decoding
/// values: pages that are large enough are copied as the compressed bytes they are; small ones are
/// joined; where dictionaries differ, theirs are united, and the numbers of entries written anew.
/// Where they are too large together, values take the place of numbers.
/// \param merged  gets the ColumnChunk and the indexes of what `out` gets. The codec is the parts'.
/// \return false: values must be decoded; `out` may have got some bytes.
/// \retval kCorruption  a part breaks the format.
Result<bool> MergeChunks(const parquet::ColumnDescriptor& column, std::span<const MergedPart> parts,
                         const PageLimits& limits, CopiedChunk& merged, CopyTarget& out);

}  // namespace deltaic
