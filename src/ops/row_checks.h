#pragma once

#include <arrow/type_fwd.h>

#include <string>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/actions.h"
#include "protocol/schema.h"

namespace deltaic {

/// What every row of a table must satisfy besides its types and NOT NULL: CHECK constraints,
/// invariants, and generated columns, whose values must be what their expression gives. Immutable:
/// safe from any thread.
class RowChecks {
 public:
  /// \param configuration  of the table's metadata.
  /// \retval kUnsupported  a rule that this build cannot evaluate, by name.
  static Result<RowChecks> Make(const Schema& schema, const StringMap& configuration);

  /// One more rule, of this write alone: replaceWhere.
  /// \param predicate  bound to the table's schema.
  void AddCondition(std::string what, ExprPtr predicate);

  /// True where every row passes.
  bool is_empty() const { return rules_.empty(); }

  /// \param rows  the table's columns by their logical names.
  /// \retval kConstraintViolated  naming the first rule broken and the values of a row that does.
  Status Check(const arrow::RecordBatch& rows) const;

 private:
  struct Rule {
    std::string what;   ///< "CHECK constraint positive"
    ExprPtr predicate;  ///< true of every row; neither false nor null
    std::string advice;
  };
  static Status CheckRule(const Rule& rule, const arrow::RecordBatch& rows);

  std::vector<Rule> rules_;
};

}  // namespace deltaic
