#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/schema.h"

namespace deltaic {

/// Which tables an expression of a merge may name.
enum class MergeSides { kBoth, kTarget, kSource };

/// Finds out which table each name in a merge means.
struct MergeNames {
  std::string target_alias, source_alias;
  SchemaPtr target, source;

  /// \retval kInvalidArgument  aliases that are empty or the same.
  Status Check() const;
  /// The schema of the scope: a struct for each side, under its alias.
  SchemaPtr Scope() const;
  /// `expr` with each column as a member of one of those. \param where  for messages: "ON".
  /// \retval kInvalidArgument  a name that both tables have, or none, or that is out of `sides`.
  Result<ExprPtr> Qualify(const ExprPtr& expr, MergeSides sides, const std::string& where) const;
  /// The path of a column of the target, without its alias.
  std::vector<std::string> TargetPath(const std::vector<std::string>& path) const;

 private:
  Result<std::vector<std::string>> Resolve(const std::vector<std::string>& path, MergeSides sides,
                                           const std::string& where) const;
};

/// Whether `expr`, over the scope, names columns of this side.
bool NamesSide(const Expr& expr, const std::string& alias);
/// `expr`, over the scope and naming one side alone, over that side's own columns.
ExprPtr WithoutAlias(const ExprPtr& expr);

}  // namespace deltaic
