#pragma once

#include <arrow/type_fwd.h>
#include <parquet/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "data/parquet/row_ranges.h"

namespace parquet {
class ColumnDescriptor;
class PageReader;
namespace internal {
class RecordReader;
}
}  // namespace parquet

namespace deltaic {

/// Reads chosen rows of a plain column of one row group, going forward. One thread at a time.
class LeafRows {
 public:
  /// What a leaf is read as that Arrow would give as `type`: text and bytes with 32-bit offsets,
  /// however the file was made.
  static std::shared_ptr<arrow::DataType> TypeOf(std::shared_ptr<arrow::DataType> type);

  /// Whether a leaf can be read so as `type`: neither nested nor of a rare type.
  static bool CanRead(const parquet::ColumnDescriptor& leaf, const arrow::DataType& type);

  struct Options {
    bool as_dictionary = false;  ///< text comes as a dictionary of it; only for byte arrays
    /// The footer says that no value is null, which saves work for each of them. Where that is not
    /// so, fewer values come than rows were asked for.
    bool no_nulls = false;
  };

  /// \param type  CanRead holds.
  /// \param pages  give the rows `present`, and no others.
  LeafRows(const parquet::ColumnDescriptor* leaf, std::shared_ptr<arrow::DataType> type,
           Options options, std::unique_ptr<parquet::PageReader> pages, RowRanges present,
           arrow::MemoryPool* pool);

  /// The values of `rows`, which are present and behind those of earlier calls. Damage throws
  /// parquet::ParquetException.
  Result<std::shared_ptr<arrow::Array>> Read(const RowRanges& rows);

 private:
  void SkipTo(int64_t row);
  Result<std::shared_ptr<arrow::Array>> TakeArray();

  std::shared_ptr<arrow::DataType> type_;
  RowRanges present_;
  size_t range_ = 0;  ///< of present_, where row_ is
  int64_t row_;
  arrow::MemoryPool* pool_;
  std::shared_ptr<parquet::internal::RecordReader> reader_;
};

}  // namespace deltaic
