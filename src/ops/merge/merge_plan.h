#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "ops/merge/merge.h"
#include "ops/row_assignments.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "table/snapshot.h"

namespace deltaic {

/// A clause, bound.
struct BoundClause {
  MergeAction action = MergeAction::kUpdate;
  ExprPtr condition;           ///< over the scope; nullptr = always
  RowAssignments assignments;  ///< of updates and inserts
};

/// Both sides of an equality in ON, each over the columns of its own table.
struct MergeKey {
  ExprPtr target;
  ExprPtr source;
};

/// What a merge does, worked out before any row is read.
///
/// Expressions over the scope name columns as members of two structs, named by the aliases: the
/// rows of the table and those of the source that match.
struct MergePlan {
  std::string target_alias, source_alias;
  SchemaPtr target_schema;  ///< of the table as it is
  SchemaPtr source_schema;
  ExprPtr on;  ///< over the scope

  // ON is true where all of these are.
  std::vector<MergeKey> keys;
  ExprPtr target_filter;  ///< over the table's columns; nullptr = true
  ExprPtr source_filter;  ///< over the source's columns; nullptr = true
  ExprPtr residual;       ///< over the scope; nullptr = true

  std::vector<BoundClause> matched, not_matched, not_matched_by_source;
  std::vector<std::string> target_columns;  ///< the names of those that are read
  SchemaPtr schema;                         ///< of the table after the merge
  std::optional<Metadata> metadata;         ///< to be staged, where the schema changes
  std::optional<Protocol> protocol;         ///< likewise

  bool changes_rows() const { return !matched.empty() || !not_matched_by_source.empty(); }
  bool reads_all_rows() const { return !not_matched_by_source.empty(); }
  /// Whether a row of the table that several source rows match is an error: not where each match
  /// would do the same.
  bool refuses_several_matches() const {
    const bool just_deletes = matched.size() == 1 && matched[0].action == MergeAction::kDelete &&
                              matched[0].condition == nullptr;
    return !matched.empty() && !just_deletes;
  }
};

/// \retval kInvalidArgument, kSchemaMismatch  as MergeRows().
Result<MergePlan> PlanMerge(const Snapshot& snapshot, SchemaPtr source_schema,
                            const MergeOptions& options, Session session);

}  // namespace deltaic
