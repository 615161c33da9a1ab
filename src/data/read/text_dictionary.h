#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

#include "base/status.h"

namespace parquet {
class ColumnChunkMetaData;
}

namespace deltaic {

/// Whether a column chunk of text has a dictionary so small that rows had better be read as numbers
/// into it. Judged by the footer alone, which may be wrong: what is read is right all the same.
bool HasSmallDictionary(const parquet::ColumnChunkMetaData& chunk);

/// The texts that a dictionary array stands for; other arrays as they are.
Result<std::shared_ptr<arrow::Array>> ExpandDictionary(const std::shared_ptr<arrow::Array>& array,
                                                       arrow::MemoryPool* pool);

/// Bytes that the texts of a dictionary array take, or a bound of them where that is small; 0 for
/// other arrays.
int64_t ExpandedBytes(const arrow::Array& array);

}  // namespace deltaic
