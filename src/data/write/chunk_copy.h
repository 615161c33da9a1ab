#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/type_fwd.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/parquet/thrift_value.h"
#include "data/write/page_rows.h"

namespace deltaic {

/// Where a copy is written to, and how far it is.
class CopyTarget {
 public:
  explicit CopyTarget(arrow::io::OutputStream* out) : out_(out) {}
  int64_t position() const { return position_; }
  Status Write(std::string_view bytes);

 private:
  arrow::io::OutputStream* out_;
  int64_t position_ = 0;
};

/// One column chunk, and what becomes of it in a copy.
struct CopiedChunk {
  ThriftValue chunk;         ///< the footer's ColumnChunk
  ThriftValue offset_index;  ///< no field: none
  ThriftValue column_index;  ///< likewise
  std::string bloom_filter;  ///< as stored; empty: none
  int64_t num_dropped_nulls = 0;
  bool bounds_hold = true;
};

/// Copies the column chunks of one row group.
class ChunkCopier {
 public:
  /// \param dropped  rows of the row group to leave out, ascending, counted from its first.
  ChunkCopier(arrow::io::RandomAccessFile& file, int64_t file_size,
              std::span<const int64_t> dropped)
      : file_(file), file_size_(file_size), dropped_(dropped) {}

  /// Writes the chunk's pages to `out`, and makes `copied` (which has the old file's ColumnChunk)
  /// say of them what is true of the copy.
  /// \return false: it must be decoded.
  Result<bool> Copy(const parquet::ColumnDescriptor& column,
                    const parquet::ColumnChunkMetaData& metadata, CopiedChunk& copied,
                    CopyTarget& out);

 private:
  struct Pages;
  struct Bounds;
  template <typename T>
  class Extremes;

  Result<std::shared_ptr<arrow::Buffer>> ReadRange(int64_t offset, int64_t size) const;
  Status ReadIndexes(CopiedChunk& copied) const;
  Status CopyBytes(int64_t begin, int64_t size, CopyTarget& out) const;
  Result<bool> CopyPages(Pages& pages, CopiedChunk& copied, CopyTarget& out);
  Status FindBounds(const Pages& pages, const ThriftValue& column_index, Bounds& bounds,
                    ThriftValue& statistics) const;
  Status FinishIndexes(const Pages& pages, CopiedChunk& copied) const;

  arrow::io::RandomAccessFile& file_;
  const int64_t file_size_;
  const std::span<const int64_t> dropped_;
};

}  // namespace deltaic
