#pragma once

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/parquet/thrift_value.h"
#include "data/write/chunk_copy.h"

namespace deltaic {

/// What a Parquet file begins and ends with.
inline constexpr std::string_view kParquetMagic = "PAR1";

/// The footer as Thrift; no field: one that is encrypted.
/// \retval kCorruption  the file is cut off, or its footer is no Thrift.
Result<ThriftValue> ReadFooter(arrow::io::RandomAccessFile& file, int64_t file_size);

/// What must be equal in all files of which row groups come into one: all but their rows and notes.
std::string FormOf(const ThriftValue& footer);

/// Sets a row group's place among those of its file, where the format has room for it.
void SetOrdinal(ThriftValue& group, size_t ordinal);

/// Ends a file: writes what readers know of chunks, and then the footer. Indexes of a kind lie
/// together, of all row groups, as readers like it.
/// \param footer  of the file, without its row groups. \param groups  without their chunks.
/// \param chunks  by row group, then leaf.
/// \return the footer as Parquet reads it.
Result<std::shared_ptr<parquet::FileMetaData>> WriteFooter(
    ThriftValue footer, std::vector<ThriftValue> groups,
    std::vector<std::vector<CopiedChunk>>& chunks, CopyTarget& out);

}  // namespace deltaic
