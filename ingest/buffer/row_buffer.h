#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "ingest/buffer/column.h"
#include "protocol/schema.h"

namespace deltaic::ingest {

/// The columns of a table while rows come in. Columns may be added at their end. One thread at a
/// time.
class RowBuffer {
 public:
  /// \retval kUnsupported  a column of a type that no message is decoded to, by name.
  static Result<RowBuffer> Make(const SchemaPtr& schema);

  const std::vector<StructField>& fields() const { return fields_; }
  Column& column(size_t i) { return *columns_[i]; }
  size_t num_columns() const { return columns_.size(); }
  int64_t num_rows() const { return num_rows_; }
  int64_t num_bytes() const;

  /// A new column, null in the rows so far.
  Status Add(StructField field);
  /// Ends a row: columns that got no value have null.
  void EndRow();
  /// Forgets what a row has so far.
  void DropRow();
  /// All rows, as ToArrowSchema has the fields; nullable all. Empty after.
  Result<std::shared_ptr<arrow::RecordBatch>> Take();

 private:
  std::vector<StructField> fields_;
  std::vector<std::unique_ptr<Column>> columns_;
  int64_t num_rows_ = 0;
};

}  // namespace deltaic::ingest
