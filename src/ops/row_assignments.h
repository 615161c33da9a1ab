#pragma once

#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "expr/bind.h"
#include "expr/expr.h"
#include "protocol/schema.h"

namespace deltaic {

/// `SET column = value`, as written.
struct Assignment {
  std::vector<std::string>
      column;  ///< path from the root; inside structs, not inside lists or maps
  ExprPtr value;
};

/// The values that rows get in UPDATE and MERGE, bound. Immutable: safe from any thread.
class RowAssignments {
 public:
  /// \param scope  what values may name.
  /// \param table  the schema that the rows get. Names are found exactly, else ignoring case.
  /// \retval kInvalidArgument  an unknown column; one that is assigned twice, or along with a part
  /// of it; an identity column; a value that does not bind.
  /// \retval kSchemaMismatch  a value of a type that the column does not store.
  static Result<RowAssignments> Bind(const std::vector<Assignment>& assignments,
                                     const Schema& scope, SchemaPtr table, const Session& session);

  /// Rows of the table's columns.
  /// \param scope  rows of what values may name.
  /// \param old  the same rows by the table's names; what is not assigned comes from there, or is
  /// null. Generated columns that depend on what is assigned are computed anew.
  Result<std::shared_ptr<arrow::RecordBatch>> Update(const arrow::RecordBatch& scope,
                                                     const arrow::RecordBatch& old) const;
  /// The assigned columns alone.
  Result<std::shared_ptr<arrow::RecordBatch>> Insert(const arrow::RecordBatch& scope) const;

  /// The table's columns that Update() may change: those assigned, in whole or in part, and those
  /// generated from them. By name, in the table's order.
  std::vector<std::string> changed_columns() const;
  /// Those that get new values whatever they had: Update() needs no old ones of them.
  std::set<std::string> replaced_columns() const;
  /// All that is assigned, over the scope.
  std::vector<ExprPtr> values() const;
  /// The columns that values name, or that are changed in part.
  std::set<std::string> input_columns() const;

 private:
  /// A column, or member of a struct, that is assigned: as a whole, or members of it.
  struct Target {
    ExprPtr value;
    std::map<size_t, Target> members;  ///< by position
  };
  static void AddValues(const Target& target, std::vector<ExprPtr>& out);
  Status Add(const Assignment& assignment, const Schema& scope, const Session& session);
  Status FindGenerated(const Session& session);
  static Result<std::shared_ptr<arrow::Array>> Evaluate(const Target& target,
                                                        const StructField& field,
                                                        const arrow::RecordBatch& scope,
                                                        const std::shared_ptr<arrow::Array>& old);

  SchemaPtr table_;
  Target root_;
  std::map<size_t, ExprPtr> generated_;  ///< by position, over the table's columns
};

}  // namespace deltaic
