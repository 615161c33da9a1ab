#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"

namespace deltaic {

/// Rows of a batch by number, ascending.
using RowNumbers = std::vector<int64_t>;

RowNumbers AllRows(int64_t num_rows);

/// The columns that `expr` names, at these rows of the batch; the batch itself where they are all.
Result<std::shared_ptr<arrow::RecordBatch>> NarrowBatch(
    const std::shared_ptr<arrow::RecordBatch>& batch, const Expr& expr, const RowNumbers& rows);

/// Puts together a column whose rows come from different branches. One thread at a time.
class BranchRows {
 public:
  explicit BranchRows(int64_t num_rows);

  /// `values` has one for each of `rows`.
  void Add(const RowNumbers& rows, std::shared_ptr<arrow::Array> values);

  /// The whole column; null where no branch gave a value.
  Result<std::shared_ptr<arrow::Array>> Finish(const std::shared_ptr<arrow::DataType>& type) const;

 private:
  std::vector<int64_t> place_;  ///< by row, in the concatenation of all values; -1: none
  std::vector<std::shared_ptr<arrow::Array>> values_;
  int64_t num_values_ = 0;
};

}  // namespace deltaic
