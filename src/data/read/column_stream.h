#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "data/read/parquet_data_file.h"

namespace deltaic {

/// Consecutive rows of a row group, neither filtered nor with deleted ones taken out.
struct RawBatch {
  int64_t begin = 0;  ///< position in the row group
  int64_t num_rows = 0;
  std::vector<std::shared_ptr<arrow::Array>>
      arrays;  ///< by number of the plan's column; others nullptr
};

/// Decodes some columns of one row group, at most batch_rows() rows at a time. One thread at a
/// time.
class ColumnStream {
 public:
  virtual ~ColumnStream() = default;
  /// \param columns  numbers of the plan's columns, in the file or metadata columns. Without any in
  /// the file, nothing is read and batches only count rows.
  static Result<std::unique_ptr<ColumnStream>> Open(const ParquetDataFile& file,
                                                    const RowGroupTask& row_group,
                                                    std::vector<size_t> columns,
                                                    bool decode_in_parallel);
  /// nullopt at the end. \retval kCorruption  also where the row group has fewer rows than the
  /// footer says.
  virtual Result<std::optional<RawBatch>> Next() = 0;
  /// Compressed bytes of the column chunks.
  virtual int64_t bytes() const = 0;
};

}  // namespace deltaic
