#include "ops/alter/dependents.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "expr/expr.h"
#include "expr/parser.h"
#include "protocol/column_path.h"
#include "protocol/invariants.h"

namespace deltaic {
namespace {

constexpr std::string_view kConstraintPrefix = "delta.constraints.";
constexpr const char* kStatsColumns = "delta.dataSkippingStatsColumns";

/// True if one of both is the other, or inside of it.
bool Overlap(const ColumnPath& a, const ColumnPath& b) {
  const size_t shared = std::min(a.size(), b.size());
  return std::equal(a.begin(), a.begin() + static_cast<ptrdiff_t>(shared), b.begin(),
                    [](const auto& x, const auto& y) { return EqualsIgnoringCase(x, y); });
}

Status CheckRule(const std::string& sql, const std::string& rule, const ColumnPath& path,
                 std::string_view what) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr expr, ParsePredicate(sql));
  for (const std::vector<std::string>& used : ReferencedColumns(*expr)) {
    if (!Overlap(used, path)) continue;
    return Status::InvalidArgument("column ", FormatColumnPath(path), " cannot be ", what, ": ",
                                   rule, " (", sql, ") uses it");
  }
  return Status();
}

/// Invariants of `fields`, and of members of structs among them.
Status CheckInvariants(const std::vector<StructField>& fields, const ColumnPath& path,
                       std::string_view what) {
  for (const StructField& field : fields) {
    if (const auto json = field.MetadataText(kInvariantsKey)) {
      DELTAIC_ASSIGN_OR_RETURN(const std::string sql, ParseInvariant(*json));
      DELTAIC_RETURN_IF_ERROR(CheckRule(sql, Concat("the invariant of ", field.name), path, what));
    }
    if (field.type->id() != TypeId::kStruct) continue;
    DELTAIC_RETURN_IF_ERROR(CheckInvariants(field.type->fields(), path, what));
  }
  return Status();
}

}  // namespace

Status CheckNoDependents(const Schema& schema, const StringMap& configuration,
                         const ColumnPath& path, std::string_view what) {
  for (auto rule = configuration.lower_bound(std::string(kConstraintPrefix));
       rule != configuration.end() && rule->first.starts_with(kConstraintPrefix); ++rule) {
    const std::string name = rule->first.substr(kConstraintPrefix.size());
    DELTAIC_RETURN_IF_ERROR(CheckRule(rule->second, Concat("CHECK constraint ", name), path, what));
  }
  for (const StructField& field : schema.fields()) {
    if (const auto sql = field.MetadataText(kGenerationExpressionKey)) {
      DELTAIC_RETURN_IF_ERROR(CheckRule(*sql, Concat("generated column ", field.name), path, what));
    }
  }
  return CheckInvariants(schema.fields(), path, what);
}

void RenameInStatsColumns(StringMap& configuration, const ColumnPath& path,
                          std::string_view new_name) {
  const auto property = configuration.find(kStatsColumns);
  if (property == configuration.end()) return;
  const Result<std::vector<std::string>> columns = SplitColumnList(property->second);
  if (!columns.ok()) return;
  std::string out;
  for (const std::string& text : *columns) {
    Result<ColumnPath> column = ParseColumnPath(text);
    if (!column.ok()) return;
    const bool is_inside = column->size() >= path.size() && Overlap(*column, path);
    if (is_inside && new_name.empty()) continue;
    if (is_inside) (*column)[path.size() - 1] = new_name;
    out += Concat(out.empty() ? "" : ",", is_inside ? FormatColumnPath(*column) : text);
  }
  if (out.empty()) {
    configuration.erase(property);
  } else {
    property->second = std::move(out);
  }
}

}  // namespace deltaic
