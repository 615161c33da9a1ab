#include "ops/merge/merge_plan.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/ascii.h"
#include "expr/bind.h"
#include "ops/merge/merge_names.h"
#include "ops/table_definition.h"
#include "ops/table_schema.h"
#include "protocol/schema_json.h"

namespace deltaic {
namespace {

bool IsKeyType(const DataType& type) {
  return type.is_primitive() && type.id() != TypeId::kVariant && type.id() != TypeId::kVoid;
}

std::string ClauseName(MergeWhen when) {
  switch (when) {
    case MergeWhen::kMatched:
      return "WHEN MATCHED";
    case MergeWhen::kNotMatched:
      return "WHEN NOT MATCHED";
    case MergeWhen::kNotMatchedBySource:
      break;
  }
  return "WHEN NOT MATCHED BY SOURCE";
}

MergeSides SidesOf(MergeWhen when) {
  if (when == MergeWhen::kMatched) return MergeSides::kBoth;
  return when == MergeWhen::kNotMatched ? MergeSides::kSource : MergeSides::kTarget;
}

bool ContainsName(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::any_of(names,
                             [&](const auto& other) { return EqualsIgnoringCase(other, name); });
}

/// True where writers fill the column themselves.
bool IsFilled(const StructField& field) {
  return field.metadata.contains(std::string(kGenerationExpressionKey)) ||
         field.metadata.contains(std::string(kCurrentDefaultKey)) ||
         std::ranges::any_of(field.metadata, [](const auto& entry) {
           return entry.first.starts_with(kIdentityKeyPrefix);
         });
}

/// Whether `to` has members, at any depth of structs, that `from` lacks.
const StructField* MissingMember(const DataType& from, const DataType& to) {
  if (from.id() != TypeId::kStruct || to.id() != TypeId::kStruct) return nullptr;
  for (const StructField& field : to.fields()) {
    const StructField* member = from.FindField(field.name);
    if (member == nullptr) return &field;
    if (const StructField* missing = MissingMember(*member->type, *field.type)) return missing;
  }
  return nullptr;
}

class Planner {
 public:
  Planner(const Snapshot& snapshot, SchemaPtr source_schema, const MergeOptions& options,
          Session session)
      : snapshot_(snapshot), options_(options), session_(std::move(session)) {
    names_ = {options.target_alias, options.source_alias, snapshot.schema(),
              std::move(source_schema)};
  }

  Result<MergePlan> Run() {
    DELTAIC_RETURN_IF_ERROR(names_.Check());
    DELTAIC_RETURN_IF_ERROR(CheckClauses());
    scope_ = names_.Scope();
    plan_.target_alias = names_.target_alias;
    plan_.source_alias = names_.source_alias;
    plan_.target_schema = names_.target;
    plan_.source_schema = names_.source;
    DELTAIC_RETURN_IF_ERROR(PlanSchema());
    DELTAIC_RETURN_IF_ERROR(PlanOn());
    for (const MergeClause& clause : options_.clauses) {
      const Status status = PlanClause(clause);
      if (!status.ok()) return status.WithContext(ClauseName(clause.when));
    }
    NameTargetColumns();
    return std::move(plan_);
  }

 private:
  Status CheckClauses() const {
    if (options_.on == nullptr) return Status::InvalidArgument("a merge needs an ON condition");
    if (options_.clauses.empty()) return Status::InvalidArgument("a merge needs a WHEN clause");
    std::set<MergeWhen> ended;
    for (const MergeClause& clause : options_.clauses) {
      const std::string name = ClauseName(clause.when);
      if ((clause.when == MergeWhen::kNotMatched) != (clause.action == MergeAction::kInsert)) {
        return Status::InvalidArgument(name, clause.when == MergeWhen::kNotMatched
                                                 ? " can only insert"
                                                 : " can update and delete, not insert");
      }
      if (clause.all_columns && clause.when == MergeWhen::kNotMatchedBySource)
        return Status::InvalidArgument(name, " has no source row for UPDATE *");
      if (clause.action == MergeAction::kUpdate && !clause.all_columns &&
          clause.assignments.empty()) {
        return Status::InvalidArgument(name, ": an update assigns no column");
      }
      if (ended.contains(clause.when)) {
        return Status::InvalidArgument(name,
                                       ": only the last clause of a kind may have no condition");
      }
      if (clause.condition == nullptr) ended.insert(clause.when);
    }
    return Status();
  }

  /// The columns of the source that clauses assign and the table lacks.
  Status PlanSchema() {
    plan_.schema = names_.target;
    if (!options_.merge_schema) return Status();
    std::vector<StructField> assigned;
    for (const StructField& field : names_.source->fields()) {
      const bool wanted = std::ranges::any_of(options_.clauses, [&](const MergeClause& clause) {
        if (clause.all_columns) return !ContainsName(clause.except_columns, field.name);
        return std::ranges::any_of(clause.assignments, [&](const Assignment& assignment) {
          return EqualsIgnoringCase(names_.TargetPath(assignment.column).front(), field.name);
        });
      });
      if (wanted) assigned.push_back(field);
    }
    const SchemaPtr merged = MergeSchemas(names_.target, DataType::Struct(std::move(assigned)));
    if (merged->Equals(*names_.target)) return Status();
    DELTAIC_RETURN_IF_ERROR(CheckMergedColumns(*names_.target, *merged));
    DELTAIC_ASSIGN_OR_RETURN(
        TableDefinition table,
        ChangeSchema(TableDefinition{snapshot_.metadata(), snapshot_.protocol()}, merged,
                     snapshot_.metadata().partition_columns));
    DELTAIC_ASSIGN_OR_RETURN(plan_.schema, ParseSchema(table.metadata.schema_string));
    if (!(table.protocol == snapshot_.protocol())) plan_.protocol = std::move(table.protocol);
    plan_.metadata = std::move(table.metadata);
    return Status();
  }

  Status PlanOn() {
    DELTAIC_ASSIGN_OR_RETURN(const ExprPtr on,
                             names_.Qualify(options_.on, MergeSides::kBoth, "ON"));
    Result<ExprPtr> bound = BindPredicate(on, *scope_, session_);
    if (!bound.ok()) return bound.status().WithContext("ON");
    plan_.on = *bound;
    for (const ExprPtr& condition : SplitConjunction(plan_.on)) {
      const bool target = NamesSide(*condition, plan_.target_alias);
      const bool source = NamesSide(*condition, plan_.source_alias);
      if (target && !source) {
        plan_.target_filter = Expr::And(plan_.target_filter, WithoutAlias(condition));
      } else if (source && !target) {
        plan_.source_filter = Expr::And(plan_.source_filter, WithoutAlias(condition));
      } else if (!AddKey(*condition)) {
        plan_.residual = Expr::And(plan_.residual, condition);
      }
    }
    return Status();
  }

  bool AddKey(const Expr& condition) {
    if (condition.kind() != ExprKind::kCall || condition.function() != Function::kEqual)
      return false;
    ExprPtr target = condition.args()[0];
    ExprPtr source = condition.args()[1];
    if (NamesSide(*target, plan_.source_alias)) std::swap(target, source);
    const bool apart =
        NamesSide(*target, plan_.target_alias) && !NamesSide(*target, plan_.source_alias) &&
        NamesSide(*source, plan_.source_alias) && !NamesSide(*source, plan_.target_alias);
    if (!apart || !IsKeyType(*target->type()) ||
        !target->type()->EqualsIgnoringNullability(*source->type())) {
      return false;
    }
    plan_.keys.push_back({WithoutAlias(target), WithoutAlias(source)});
    return true;
  }

  Status PlanClause(const MergeClause& clause) {
    const MergeSides sides = SidesOf(clause.when);
    BoundClause bound{.action = clause.action};
    if (clause.condition != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(const ExprPtr condition,
                               names_.Qualify(clause.condition, sides, "the condition"));
      DELTAIC_ASSIGN_OR_RETURN(bound.condition, BindPredicate(condition, *scope_, session_));
    }
    if (clause.action != MergeAction::kDelete) {
      DELTAIC_ASSIGN_OR_RETURN(std::vector<Assignment> assignments, AssignmentsOf(clause));
      for (Assignment& assignment : assignments) {
        assignment.column = names_.TargetPath(assignment.column);
        DELTAIC_ASSIGN_OR_RETURN(assignment.value,
                                 names_.Qualify(assignment.value, sides, "a value"));
      }
      DELTAIC_ASSIGN_OR_RETURN(bound.assignments,
                               RowAssignments::Bind(assignments, *scope_, plan_.schema, session_));
    }
    switch (clause.when) {
      case MergeWhen::kMatched:
        plan_.matched.push_back(std::move(bound));
        break;
      case MergeWhen::kNotMatched:
        plan_.not_matched.push_back(std::move(bound));
        break;
      case MergeWhen::kNotMatchedBySource:
        plan_.not_matched_by_source.push_back(std::move(bound));
        break;
    }
    return Status();
  }

  /// Those written, or what `*` means: all columns of the table, each from the source's of that
  /// name; with schema evolution those that the source has.
  Result<std::vector<Assignment>> AssignmentsOf(const MergeClause& clause) const {
    if (!clause.all_columns) return clause.assignments;
    std::vector<Assignment> assignments;
    for (const StructField& field : plan_.schema->fields()) {
      if (ContainsName(clause.except_columns, field.name)) continue;
      const StructField* given = names_.source->FindField(field.name);
      if (given == nullptr) {
        if (options_.merge_schema || clause.skip_missing || IsFilled(field)) continue;
        return Status::InvalidArgument(
            "the source has no column ", field.name,
            ", which * would take from it; name the columns, or merge the schema");
      }
      const StructField* missing = clause.action == MergeAction::kUpdate
                                       ? MissingMember(*given->type, *field.type)
                                       : nullptr;
      if (missing != nullptr) {
        return Status::SchemaMismatch("column ", field.name, " of the source has no member ",
                                      missing->name,
                                      ", which * would overwrite with null; name the columns");
      }
      assignments.push_back({{field.name}, Expr::Column({names_.source_alias, given->name})});
    }
    return assignments;
  }

  /// What the table's columns are read for. Images of rows that change are recorded whole.
  void NameTargetColumns() {
    AddColumnsOf(plan_.target_filter);
    AddColumnsInScope(plan_.residual);
    for (const MergeKey& key : plan_.keys) AddColumnsOf(key.target);
    const bool has_feed = snapshot_.properties().enable_change_data_feed;
    for (const auto* clauses : {&plan_.matched, &plan_.not_matched_by_source}) {
      for (const BoundClause& clause : *clauses) {
        all_columns_ = all_columns_ || has_feed;
        AddColumnsInScope(clause.condition);
        if (clause.action == MergeAction::kUpdate) AddColumnsKept(clause.assignments);
      }
    }
    for (const StructField& field : names_.target->fields()) {
      if (all_columns_ || target_columns_.contains(field.name))
        plan_.target_columns.push_back(field.name);
    }
  }

  void AddColumnsOf(const ExprPtr& expr) {
    if (expr == nullptr) return;
    for (const auto& path : ReferencedColumns(*expr)) target_columns_.insert(path.front());
  }

  void AddColumnsInScope(const ExprPtr& expr) {
    if (expr == nullptr) return;
    for (const auto& path : ReferencedColumns(*expr)) {
      if (path.size() == 1) all_columns_ = true;
      if (path.size() > 1 && path.front() == plan_.target_alias) target_columns_.insert(path[1]);
    }
  }

  /// A row that is written anew takes along what it is not given; `*` gives all.
  void AddColumnsKept(const RowAssignments& assignments) {
    for (const ExprPtr& value : assignments.values()) AddColumnsInScope(value);
    const std::set<std::string> replaced = assignments.replaced_columns();
    for (const StructField& field : names_.target->fields()) {
      if (!replaced.contains(field.name)) target_columns_.insert(field.name);
    }
  }

  const Snapshot& snapshot_;
  const MergeOptions& options_;
  const Session session_;
  MergeNames names_;
  SchemaPtr scope_;
  MergePlan plan_;
  std::set<std::string> target_columns_;  ///< that are read
  bool all_columns_ = false;
};

}  // namespace

Result<MergePlan> PlanMerge(const Snapshot& snapshot, SchemaPtr source_schema,
                            const MergeOptions& options, Session session) {
  return Planner(snapshot, std::move(source_schema), options, std::move(session)).Run();
}

}  // namespace deltaic
