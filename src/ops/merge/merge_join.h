#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "data/read/data_read_spec.h"
#include "ops/merge/key_table.h"
#include "ops/merge/merge_plan.h"

namespace deltaic {

/// Pairs of rows for which ON is true, the target's ascending.
struct RowPairs {
  std::vector<int64_t> target;  ///< in the batch that was joined
  std::vector<int64_t> source;
};

/// Finds the source rows that match rows of the table: by their keys where ON has equalities, else
/// by trying all. Safe from any thread.
class MergeJoin {
 public:
  /// \param plan  outlives this.
  static Result<std::unique_ptr<const MergeJoin>> Make(const MergePlan& plan,
                                                       std::shared_ptr<arrow::RecordBatch> source);

  /// What every row of the table that matches makes true, over the table's columns, as far as files
  /// and pages can be passed over by it; nullptr: nothing is known.
  Result<ExprPtr> Bounds() const;
  /// Passes rows that may match; unset where ON has no keys.
  std::optional<RowTest> Test() const;

  /// \param rows  of the table's columns that ON names.
  Result<RowPairs> Match(const arrow::RecordBatch& rows) const;

  const std::shared_ptr<arrow::RecordBatch>& source() const { return source_; }

 private:
  MergeJoin(const MergePlan& plan, std::shared_ptr<arrow::RecordBatch> source)
      : plan_(plan), source_(std::move(source)) {}
  Status Build();
  Result<ExprPtr> BoundOf(const ExprPtr& column, std::shared_ptr<arrow::Array> keys) const;
  Status FilterPairs(const arrow::RecordBatch& rows, RowPairs& pairs) const;

  const MergePlan& plan_;
  const std::shared_ptr<arrow::RecordBatch> source_;
  std::vector<std::shared_ptr<arrow::Array>> source_keys_;
  std::shared_ptr<arrow::BooleanArray> wanted_;  ///< source rows that may match; nullptr: all
  std::optional<KeyTable> table_;
};

/// The values of one side of the keys, over rows of that side.
Result<std::vector<std::shared_ptr<arrow::Array>>> EvaluateKeys(const std::vector<MergeKey>& keys,
                                                                ExprPtr MergeKey::* side,
                                                                const arrow::RecordBatch& rows);
/// The columns of the table that the keys name.
std::vector<std::string> TargetKeyColumns(const MergePlan& plan);

/// Rows `numbers` of `batch`.
Result<std::shared_ptr<arrow::RecordBatch>> TakeRows(
    const std::shared_ptr<arrow::RecordBatch>& batch, const std::vector<int64_t>& numbers);

/// Rows of the scope of a merge's expressions: a struct for each side; nullptr leaves one out.
std::shared_ptr<arrow::RecordBatch> ScopeRows(const MergePlan& plan,
                                              const arrow::RecordBatch* target,
                                              const arrow::RecordBatch* source);

}  // namespace deltaic
