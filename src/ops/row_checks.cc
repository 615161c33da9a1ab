#include "ops/row_checks.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <set>
#include <string_view>
#include <utility>

#include "data/eval/row_filter.h"
#include "data/values/value_text.h"
#include "expr/utf8_text.h"
#include "ops/stored_expressions.h"
#include "protocol/invariants.h"

namespace deltaic {
namespace {

constexpr std::string_view kConstraintPrefix = "delta.constraints.";
constexpr int64_t kMaxShownCharacters = 100;

/// "id = -1, name = \"x\"": the columns of `expr` in the row.
std::string DescribeRow(const Expr& expr, const arrow::RecordBatch& rows, int64_t row) {
  std::set<std::string> columns;
  for (const auto& path : ReferencedColumns(expr)) columns.insert(path.front());
  std::string out;
  for (const std::string& name : columns) {
    const int index = rows.schema()->GetFieldIndex(name);
    if (index < 0) continue;
    std::string value;
    const bool is_shown =
        AppendJsonValue(value, *rows.schema()->field(index), *rows.column(index), row).ok();
    const size_t shown = ByteOfCharacter(value, kMaxShownCharacters);
    const bool is_cut = is_shown && shown < value.size();
    if (is_cut) value.resize(shown);
    out += Concat(out.empty() ? "" : ", ", name, " = ", is_shown ? std::string_view(value) : "?",
                  is_cut ? "..." : "");
  }
  return out;
}

/// The first row for which the outcome is not true; it has one.
int64_t FirstBroken(const arrow::BooleanArray& outcome) {
  int64_t row = 0;
  while (!outcome.IsNull(row) && outcome.Value(row)) ++row;
  return row;
}

/// `column <=> expression`: what a generated column must satisfy.
Result<ExprPtr> GeneratedRule(const StructField& field, const std::string& sql,
                              const std::string& what, const Schema& schema) {
  DELTAIC_ASSIGN_OR_RETURN(ExprPtr value, BindStoredExpression(sql, what, schema, field.type));
  return BindPredicate(
      Expr::Call(Function::kNullSafeEqual, {Expr::Column({field.name}), std::move(value)}), schema);
}

}  // namespace

Result<RowChecks> RowChecks::Make(const Schema& schema, const StringMap& configuration) {
  RowChecks checks;
  const DataTypePtr boolean = DataType::Primitive(TypeId::kBoolean);
  const auto add = [&](std::string what, const std::string& sql) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr predicate, BindStoredExpression(sql, what, schema, boolean));
    checks.rules_.push_back(Rule{Concat(what, " (", sql, ")"), std::move(predicate), ""});
    return Status();
  };
  for (auto it = configuration.lower_bound(std::string(kConstraintPrefix));
       it != configuration.end() && it->first.starts_with(kConstraintPrefix); ++it) {
    DELTAIC_RETURN_IF_ERROR(
        add(Concat("CHECK constraint ", it->first.substr(kConstraintPrefix.size())), it->second));
  }
  const auto add_invariants = [&](const auto& self, const DataType& type,
                                  const std::string& prefix) -> Status {
    if (type.id() != TypeId::kStruct) return Status();
    for (const StructField& field : type.fields()) {
      const std::string name = prefix + field.name;
      if (const auto json = field.MetadataText(kInvariantsKey)) {
        DELTAIC_ASSIGN_OR_RETURN(const std::string sql, ParseInvariant(*json));
        DELTAIC_RETURN_IF_ERROR(add(Concat("invariant of column ", name), sql));
      }
      DELTAIC_RETURN_IF_ERROR(self(self, *field.type, Concat(name, ".")));
    }
    return Status();
  };
  DELTAIC_RETURN_IF_ERROR(add_invariants(add_invariants, schema, ""));
  for (const StructField& field : schema.fields()) {
    const auto sql = field.MetadataText(kGenerationExpressionKey);
    if (!sql) continue;
    const std::string what = Concat("generated column ", field.name);
    DELTAIC_ASSIGN_OR_RETURN(ExprPtr rule, GeneratedRule(field, *sql, what, schema));
    checks.rules_.push_back(Rule{Concat(what, " (", *sql, ")"), std::move(rule),
                                 Concat("; leave ", field.name, " out to have it computed")});
  }
  return checks;
}

void RowChecks::AddCondition(std::string what, ExprPtr predicate) {
  rules_.push_back(Rule{std::move(what), std::move(predicate), ""});
}

Status RowChecks::CheckRule(const Rule& rule, const arrow::RecordBatch& rows) {
  const auto outcome = EvaluatePredicate(*rule.predicate, rows);
  if (!outcome.ok()) {
    return Status::ConstraintViolated("the ", rule.what,
                                      " cannot be checked: ", outcome.status().message());
  }
  if ((*outcome)->true_count() == rows.num_rows()) return Status();
  const int64_t row = FirstBroken(**outcome);
  return Status::ConstraintViolated("a row breaks the ", rule.what, ": ",
                                    DescribeRow(*rule.predicate, rows, row), rule.advice);
}

Status RowChecks::Check(const arrow::RecordBatch& rows) const {
  for (const Rule& rule : rules_) DELTAIC_RETURN_IF_ERROR(CheckRule(rule, rows));
  return Status();
}

}  // namespace deltaic
