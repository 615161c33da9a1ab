#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/deletion_vector/deletion_vector.h"
#include "ops/row_assignments.h"
#include "ops/row_checks.h"
#include "ops/text_lengths.h"
#include "table/snapshot.h"

namespace deltaic {

/// New values for some columns of rows that stay where they are, as UPDATE gives them: checked, and
/// as the table stores them. Immutable: safe from any thread.
class RowPatch {
 public:
  /// \retval kUnsupported  a rule of the table that this build cannot evaluate, by name.
  static Result<RowPatch> Make(const Snapshot& snapshot, RowAssignments assignments);

  /// Names of the columns that get new values, in the table's order.
  const std::vector<std::string>& columns() const { return columns_; }
  /// Those that must be read for that, `columns()` among them.
  const std::vector<std::string>& inputs() const { return inputs_; }

  /// Gives the rows at `positions` their new values.
  /// \param rows  columns by the table's names, inputs() among them, and the rows' positions in
  /// their file as the last one.
  /// \return `rows` without the positions.
  /// \retval kConstraintViolated  a new row breaks a rule of the table.
  Result<std::shared_ptr<arrow::RecordBatch>> Apply(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                    const DeletionVector& positions) const;

 private:
  Result<std::shared_ptr<arrow::RecordBatch>> NewValues(
      const std::shared_ptr<arrow::RecordBatch>& rows) const;

  RowAssignments assignments_;
  std::vector<std::string> columns_, inputs_;
  std::shared_ptr<arrow::Schema> changed_;  ///< columns() as the table has them
  std::shared_ptr<arrow::Schema> all_;      ///< all columns, where rules want them; else nullptr
  TextLengths lengths_;
  RowChecks checks_;
};

}  // namespace deltaic
