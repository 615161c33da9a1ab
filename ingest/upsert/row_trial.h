#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "ingest/commit/row_writer.h"
#include "ops/row_rules.h"
#include "table/snapshot.h"

namespace deltaic::ingest {

/// Columns that the table computes, and that no row has a value for, are taken out.
Result<std::shared_ptr<arrow::RecordBatch>> WithoutComputed(
    std::shared_ptr<arrow::RecordBatch> rows, const Schema& schema);

/// Tries rows that will be merged by the rules of their table, so that one which breaks them costs
/// itself and not the commit. A row with a value that did not come (kUnavailable) is not tried:
/// what it will be stands in the table. One thread at a time.
class RowTrial {
 public:
  /// \retval kUnsupported  a rule of the table that this build cannot evaluate, by name.
  static Result<RowTrial> Make(const Snapshot& snapshot);

  /// Tells each row that puts and breaks a rule. \return the others, in order.
  Result<std::shared_ptr<arrow::RecordBatch>> Keep(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                   const BadRow& bad_row);

 private:
  RowTrial(SchemaPtr schema, RowRules rules)
      : schema_(std::move(schema)), rules_(std::move(rules)) {}
  /// \param places  of `rows` in the batch given.  \param bad  gets those of rows refused.
  Status Try(const std::shared_ptr<arrow::RecordBatch>& rows, const int64_t* places,
             const BadRow& bad_row, std::vector<int64_t>& bad);

  SchemaPtr schema_;
  RowRules rules_;
};

}  // namespace deltaic::ingest
