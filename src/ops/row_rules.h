#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "ops/column_filler.h"
#include "ops/row_checks.h"
#include "ops/row_sink.h"
#include "ops/text_lengths.h"
#include "protocol/schema.h"

namespace deltaic {

/// What a table demands of rows, and does to them, before they are written: a batch is made to fit,
/// what is missing is computed, and all is checked. RowSink writes what comes of it; by itself it
/// tries rows that are written later, as those of a MERGE. One thread at a time.
class RowRules {
 public:
  /// \retval kUnsupported  a rule of the table that this build cannot evaluate, by name.
  static Result<RowRules> Make(const RowSinkTarget& target);
  RowRules(RowRules&&) noexcept;
  RowRules& operator=(RowRules&&) noexcept;
  ~RowRules();

  /// The rows in their final form. Errors are those of RowSink::Write.
  Result<std::shared_ptr<arrow::RecordBatch>> Apply(
      const std::shared_ptr<arrow::RecordBatch>& batch, RowOrigin origin);

  /// The schema whose identity columns remember the values handed out; nullptr where none was.
  SchemaPtr AdvancedSchema() const { return filler_->AdvancedSchema(); }

 private:
  RowRules();
  Result<std::shared_ptr<arrow::RecordBatch>> Finish(
      std::shared_ptr<arrow::RecordBatch> rows) const;

  std::shared_ptr<arrow::Schema> batch_schema_;
  bool keeps_dictionaries_ = false;   // of rows that are stored already
  std::vector<int> partition_texts_;  // positions of partition columns of texts
  std::optional<ColumnFiller> filler_;
  std::optional<TextLengths> lengths_;
  RowChecks checks_;
};

}  // namespace deltaic
