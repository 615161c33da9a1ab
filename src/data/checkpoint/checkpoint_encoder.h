#pragma once

#include <arrow/type_fwd.h>
#include <parquet/file_writer.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Encodes rows of a checkpoint, the leaves of each batch on several threads: unlike EncoderPool,
/// for one file whose rows fill one of its columns each. One thread at a time. Destroying it before
/// Close() leaves an unfinished file.
class CheckpointEncoder {
 public:
  /// \param schema  nullable structs alone.
  /// \param rows_per_group  the most that a row group has.
  static Result<std::unique_ptr<CheckpointEncoder>> Open(
      std::shared_ptr<arrow::io::OutputStream> out, std::shared_ptr<arrow::Schema> schema,
      std::shared_ptr<parquet::WriterProperties> properties, int64_t rows_per_group);
  ~CheckpointEncoder();

  /// \param rows  of the type of the schema's field `column`; the other columns are null in them.
  Status Write(int column, const arrow::Array& rows);
  Status Close();

 private:
  struct Leaf;

  CheckpointEncoder(std::shared_ptr<arrow::Schema> schema, int64_t rows_per_group);
  Status WriteBatch(int column, const std::shared_ptr<arrow::Array>& rows);
  Status WriteLeaf(size_t leaf, int column, const std::shared_ptr<arrow::Array>& rows);

  const std::shared_ptr<arrow::Schema> schema_;
  const int64_t rows_per_group_;
  std::vector<Leaf> leaves_;
  std::unique_ptr<parquet::ParquetFileWriter> writer_;
  parquet::RowGroupWriter* row_group_ = nullptr;  ///< owned by writer_
  int64_t rows_in_group_ = 0;
};

}  // namespace deltaic
