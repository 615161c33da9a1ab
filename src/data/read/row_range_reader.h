#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "data/parquet/page_index.h"
#include "data/read/parquet_data_file.h"

namespace deltaic {

/// Decodes chosen rows of some columns of one row group, going forward. With a page index, pages
/// that hold none of them are not even read. One thread at a time.
class RowRangeReader {
 public:
  virtual ~RowRangeReader() = default;
  /// \param columns  numbers of the plan's columns, in the file or metadata columns.
  /// \param rows  all that will be asked for.
  /// \param index  of the columns' leaves, as far as there is one.
  static Result<std::unique_ptr<RowRangeReader>> Open(const ParquetDataFile& file,
                                                      const RowGroupTask& row_group,
                                                      std::vector<size_t> columns,
                                                      const RowRanges& rows, const PageIndex& index,
                                                      IsAlone is_alone);
  /// The values of `rows`, which lie behind those of earlier calls: one array for each of the
  /// plan's columns, nullptr for those that are not read. Text may come as a dictionary of it, for
  /// ExpandDictionary once it is known which rows are wanted. \retval kCorruption  also where the
  /// row group has fewer rows than the footer says.
  virtual Result<std::vector<std::shared_ptr<arrow::Array>>> Read(const RowRanges& rows) = 0;
  /// Waits until what was asked for ahead has come, or failed: Read() says.
  virtual void WaitForBytes() = 0;
  /// Compressed bytes of what is read.
  virtual int64_t bytes() const = 0;
  /// Of the columns that have an index.
  virtual int64_t pages_total() const = 0;
  virtual int64_t pages_skipped() const = 0;
};

}  // namespace deltaic
