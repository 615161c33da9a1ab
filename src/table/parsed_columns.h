#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "base/status.h"
#include "table/snapshot.h"
#include "table/stats_columns.h"

namespace deltaic {

/// Makes what a checkpoint has of files in their columns' types, `stats_parsed` and, of a
/// partitioned table, `partitionValues_parsed`, from the texts. Immutable: safe from any thread.
/// Source: PROTOCOL.md, "Checkpoint Schema".
class ParsedColumns {
 public:
  static Result<std::shared_ptr<const ParsedColumns>> Make(const Snapshot& snapshot);

  const arrow::FieldVector& fields() const { return fields_; }
  /// `adds`, which has the columns of AddBatchSchema, with these fields at its end.
  /// \retval kCorruption  statistics or partition values that do not parse, naming the file.
  Result<std::shared_ptr<arrow::RecordBatch>> AppendTo(const arrow::RecordBatch& adds) const;

 private:
  ParsedColumns() = default;
  Result<std::shared_ptr<arrow::Array>> Stats(const arrow::RecordBatch& adds,
                                              const arrow::RecordBatch& columns) const;

  SchemaPtr schema_;  ///< of the table
  std::shared_ptr<const StatsColumns> columns_;
  arrow::FieldVector fields_;
};

}  // namespace deltaic
