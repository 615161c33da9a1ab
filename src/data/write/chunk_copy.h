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
#include "data/write/file_window.h"
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
  /// \param window_bytes  that are read at once.
  /// \param dropped  rows of the row group to leave out, ascending, counted from its first.
  ChunkCopier(arrow::io::RandomAccessFile& file, int64_t file_size, int64_t window_bytes,
              std::span<const int64_t> dropped)
      : window_(file, file_size, window_bytes), dropped_(dropped) {}

  /// Writes the chunk's pages to `out`, and makes `copied` (which has the old file's ColumnChunk)
  /// say of them what is true of the copy.
  /// \return false: it must be decoded.
  Result<bool> Copy(const parquet::ColumnDescriptor& column,
                    const parquet::ColumnChunkMetaData& metadata, CopiedChunk& copied,
                    CopyTarget& out);

 private:
  struct Pages;
  struct Bounds;
  class PageCopy;
  template <typename T>
  class Extremes;

  Status CopyBytes(int64_t begin, int64_t size, CopyTarget& out);
  Result<bool> CopyPages(int64_t begin, int64_t size, Pages& pages, CopiedChunk& copied,
                         CopyTarget& out);
  Status FindBounds(const Pages& pages, const ThriftValue& column_index, Bounds& bounds,
                    ThriftValue& statistics);
  Status FinishIndexes(const Pages& pages, CopiedChunk& copied) const;

  FileWindow window_;
  const std::span<const int64_t> dropped_;
};

}  // namespace deltaic
