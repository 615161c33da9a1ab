#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "ops/identity_column.h"
#include "protocol/schema.h"

namespace deltaic {

/// Makes whole rows of what a caller supplies: columns that are left out get their default, their
/// identity value, what they are generated as, or null, in this order of precedence. One thread at
/// a time.
class ColumnFiller {
 public:
  /// \param schema  of the rows: the table's columns, then any others.
  /// \param now_micros  what CURRENT_TIMESTAMP means in defaults.
  /// \retval kCorruption  an identity column that is not valid.
  static Result<ColumnFiller> Make(SchemaPtr schema, int64_t now_micros);

  /// `rows` as the schema has them (ConformBatch), with the columns they lack.
  /// \retval kInvalidArgument  a value for an identity column that takes none.
  /// \retval kUnsupported  a default or generated column that this build cannot evaluate.
  /// \retval kSchemaMismatch, kConstraintViolated  as ConformBatch.
  Result<std::shared_ptr<arrow::RecordBatch>> Fill(const std::shared_ptr<arrow::RecordBatch>& rows);

  /// The schema whose identity columns remember the values handed out; nullptr where none was.
  SchemaPtr AdvancedSchema() const;

 private:
  /// A column that can be computed.
  struct Computed {
    int position = 0;  ///< in the schema
    std::optional<IdentityColumn> identity;
    bool is_generated = false;
    ExprPtr value;  ///< default or generated; bound when first needed
  };

  ColumnFiller() = default;
  Status Compute(Computed& column, const arrow::RecordBatch& given,
                 std::shared_ptr<arrow::Array>& out);

  SchemaPtr schema_;
  std::shared_ptr<arrow::Schema> arrow_schema_;
  int64_t now_micros_ = 0;
  std::vector<Computed> computed_;  ///< generated columns last: they may need the others
};

/// `schema` with the identity columns' high-water marks of `advanced` (AdvancedSchema()), by name.
SchemaPtr WithHighWaterMarks(const SchemaPtr& schema, const Schema& advanced);

}  // namespace deltaic
