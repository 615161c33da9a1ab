#include "data/read/variant_pruning.h"

#include <arrow/type.h>
#include <parquet/arrow/schema.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <span>
#include <utility>

#include "expr/function_definition.h"
#include "expr/sql_words.h"
#include "protocol/variant_parse.h"

namespace deltaic {
namespace {

using arrow::Type;
using parquet::arrow::SchemaField;
using Steps = std::span<const VariantStep>;

bool IsColumn(const Expr& expr, const std::string& column) {
  return expr.kind() == ExprKind::kColumn && expr.path().front() == column;
}

/// The path of VARIANT_GET(variant, path, ...).
std::optional<VariantPath> PathOfGet(const Expr& call) {
  if (call.kind() != ExprKind::kCall || call.function() != Function::kNamed) return std::nullopt;
  const std::string_view name = call.definition()->name;
  if (name != "VARIANT_GET" && name != "TRY_VARIANT_GET") return std::nullopt;
  const auto* text = std::get_if<std::string>(&call.args()[1]->value());
  if (text == nullptr) return std::nullopt;
  auto path = ParseVariantPath(*text);
  return path.ok() ? std::optional(*std::move(path)) : std::nullopt;
}

/// False where more than some paths is needed.
bool CollectPaths(const Expr& expr, const std::string& column, std::vector<VariantPath>& out) {
  if (IsColumn(expr, column)) return false;
  if (expr.kind() != ExprKind::kCall) return true;
  const bool tests_null =
      expr.function() == Function::kIsNull || expr.function() == Function::kIsNotNull;
  if (tests_null && IsColumn(*expr.args()[0], column) && expr.args()[0]->path().size() == 1)
    return true;
  if (auto path = PathOfGet(expr); path && !path->empty() && IsColumn(*expr.args()[0], column) &&
                                   expr.args()[0]->path().size() == 1) {
    out.push_back(*std::move(path));
    return true;
  }
  return std::ranges::all_of(expr.args(),
                             [&](const ExprPtr& arg) { return CollectPaths(*arg, column, out); });
}

/// VARIANT_GET of a top-level variant, through others that lead to variants; its steps.
std::optional<std::pair<std::string, VariantPath>> TargetOf(const Expr& call) {
  auto path = PathOfGet(call);
  if (!path) return std::nullopt;
  const Expr& variant = *call.args()[0];
  if (variant.kind() == ExprKind::kColumn) {
    if (variant.path().size() != 1 || variant.type()->id() != TypeId::kVariant) return std::nullopt;
    return std::pair(variant.path().front(), *std::move(path));
  }
  auto outer = TargetOf(variant);
  if (outer) outer->second.insert(outer->second.end(), path->begin(), path->end());
  return outer;
}

const SchemaField* ChildOf(const SchemaField& group, std::string_view name) {
  for (const SchemaField& child : group.children) {
    if (child.field->name() == name) return &child;
  }
  return nullptr;
}

/// The columns that hold the first step; nullptr where no typed column does.
const SchemaField* StepInto(const SchemaField* typed, const VariantStep& step) {
  if (typed == nullptr) return nullptr;
  const Type::type id = typed->field->type()->id();
  if (step.index >= 0) {
    const bool is_list = id == Type::LIST && typed->children.size() == 1;
    return is_list ? &typed->children[0] : nullptr;
  }
  return id == Type::STRUCT ? ChildOf(*typed, step.field) : nullptr;
}

class LeafCollector {
 public:
  explicit LeafCollector(const parquet::FileMetaData& file) : file_(file) {}

  /// The leaves of a group of `value` and `typed_value` that `path` asks for.
  void Follow(const SchemaField& group, Steps path) {
    if (path.empty()) return TakeGroup(group);
    const SchemaField* typed = ChildOf(group, "typed_value");
    if (const SchemaField* next = StepInto(typed, path[0]); next != nullptr) {
      if (path[0].index < 0) names_.insert(path[0].field);
      return Follow(*next, path.subspan(1));
    }
    const SchemaField* value = ChildOf(group, "value");
    if (value != nullptr && !IsAllNull(*value)) TakeValue(*value);
  }

  VariantLeaves Finish(const SchemaField& variant) {
    VariantLeaves out;
    const SchemaField* metadata = ChildOf(variant, "metadata");
    if (!needs_metadata_ && !leaves_.empty()) out.metadata = Dictionary();
    if (out.metadata.empty() && metadata != nullptr) Take(*metadata);
    out.leaves = std::move(leaves_);
    return out;
  }

 private:
  void Take(const SchemaField& field) {
    if (field.is_leaf()) leaves_.insert(field.column_index);
    for (const SchemaField& child : field.children) Take(child);
  }

  void TakeValue(const SchemaField& value) {
    Take(value);
    needs_metadata_ = true;
  }

  void TakeGroup(const SchemaField& group) {
    const SchemaField* value = ChildOf(group, "value");
    const SchemaField* typed = ChildOf(group, "typed_value");
    if (value != nullptr && (typed == nullptr || !IsAllNull(*value))) TakeValue(*value);
    if (typed == nullptr) return;
    const Type::type id = typed->field->type()->id();
    if (id == Type::STRUCT) {
      for (const SchemaField& field : typed->children) {
        names_.insert(field.field->name());
        TakeGroup(field);
      }
    } else if (id == Type::LIST && typed->children.size() == 1) {
      TakeGroup(typed->children[0]);
    } else {
      Take(*typed);
      if (!typed->is_leaf()) needs_metadata_ = true;  // of a form that is looked into later
    }
  }

  bool IsAllNull(const SchemaField& leaf) const {
    if (!leaf.is_leaf()) return false;
    try {
      for (int i = 0; i < file_.num_row_groups(); ++i) {
        const auto chunk = file_.RowGroup(i)->ColumnChunk(leaf.column_index);
        const auto stats = chunk->statistics();
        if (stats == nullptr || !stats->HasNullCount() ||
            stats->null_count() != chunk->num_values()) {
          return false;
        }
      }
      return true;
    } catch (const std::exception&) {
      return false;
    }
  }

  /// Of all names that the typed columns have; empty where it would be long.
  std::string Dictionary() const {
    constexpr size_t kMostBytes = 200;
    size_t bytes = names_.size();
    for (const std::string& name : names_) bytes += name.size();
    return bytes > kMostBytes ? std::string()
                              : FormatVariantMetadata({names_.begin(), names_.end()});
  }

  const parquet::FileMetaData& file_;
  std::set<int> leaves_;
  std::set<std::string> names_;
  bool needs_metadata_ = false;
};

/// What a typed column's values are as variants, where statistics tell something of them.
DataTypePtr ContentType(const arrow::DataType& type) {
  switch (type.id()) {
    case Type::BOOL:
      return DataType::Primitive(TypeId::kBoolean);
    case Type::INT8:
    case Type::INT16:
    case Type::INT32:
    case Type::INT64:
      return DataType::Primitive(TypeId::kLong);
    case Type::DOUBLE:
      return DataType::Primitive(TypeId::kDouble);
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      return DataType::Decimal(decimal.precision(), decimal.scale());
    }
    case Type::DATE32:
      return DataType::Primitive(TypeId::kDate);
    case Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (timestamp.unit() != arrow::TimeUnit::MICRO) return nullptr;
      return DataType::Primitive(timestamp.timezone().empty() ? TypeId::kTimestampNtz
                                                              : TypeId::kTimestamp);
    }
    case Type::STRING:
      return DataType::Primitive(TypeId::kString);
    default:
      return nullptr;
  }
}

}  // namespace

std::optional<std::vector<VariantPath>> VariantPathsIn(const Expr& predicate,
                                                       const std::string& column) {
  std::vector<VariantPath> paths;
  if (!CollectPaths(predicate, column, paths)) return std::nullopt;
  return paths;
}

ExprPtr WithTargetsAsColumns(const ExprPtr& predicate) {
  if (predicate->kind() != ExprKind::kCall) return predicate;
  if (predicate->function() == Function::kNamed) {
    const auto target = TargetOf(*predicate);
    if (!target || !predicate->type()->is_primitive() ||
        predicate->type()->id() == TypeId::kVariant) {
      return predicate;
    }
    return Expr::Column(
        {target->first, FormatVariantPath(target->second), SqlTypeName(*predicate->type())},
        predicate->type());
  }
  // A call that depends on the time zone cannot be made anew here.
  if (predicate->zone() != nullptr) return predicate;
  std::vector<ExprPtr> args;
  bool changed = false;
  for (const ExprPtr& arg : predicate->args()) {
    args.push_back(WithTargetsAsColumns(arg));
    changed = changed || args.back() != arg;
  }
  return changed ? Expr::Call(predicate->function(), std::move(args), predicate->type())
                 : predicate;
}

std::vector<VariantTarget> TargetsIn(const Expr& predicate, const std::string& column) {
  std::vector<VariantTarget> targets;
  if (IsColumn(predicate, column) && predicate.path().size() == 3) {
    auto path = ParseVariantPath(predicate.path()[1]);
    if (path.ok()) {
      targets.push_back({*std::move(path), predicate.path()[1], predicate.type()});
    }
  }
  for (const ExprPtr& arg : predicate.args()) {
    std::vector<VariantTarget> more = TargetsIn(*arg, column);
    std::ranges::move(more, std::back_inserter(targets));
  }
  return targets;
}

VariantLeaves LeavesFor(const SchemaField& variant, const std::vector<VariantPath>& paths,
                        const parquet::FileMetaData& file) {
  LeafCollector collector(file);
  for (const VariantPath& path : paths) collector.Follow(variant, path);
  return collector.Finish(variant);
}

VariantColumns ColumnsAt(const SchemaField& variant, const VariantPath& path) {
  const SchemaField* group = &variant;
  for (const VariantStep& step : path) {
    // Of lists a column's nulls and counts are of elements, not of rows.
    if (step.index >= 0) return {};
    group = StepInto(ChildOf(*group, "typed_value"), step);
    if (group == nullptr) return {};
  }
  VariantColumns out;
  const SchemaField* typed = ChildOf(*group, "typed_value");
  if (typed == nullptr || !typed->is_leaf()) return {};
  out.type = ContentType(*typed->field->type());
  if (out.type == nullptr) return {};
  out.typed = typed->column_index;
  if (const SchemaField* value = ChildOf(*group, "value"); value != nullptr) {
    if (!value->is_leaf()) return {};
    out.value = value->column_index;
  }
  return out;
}

}  // namespace deltaic
