#include "ops/row_assignments.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <utility>

#include "data/eval/expression_eval.h"
#include "data/values/type_mapping.h"
#include "expr/parser.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

std::string Join(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : ".") + name;
  return out;
}

bool IsNumber(TypeId id) {
  switch (id) {
    case TypeId::kLong:
    case TypeId::kInteger:
    case TypeId::kShort:
    case TypeId::kByte:
    case TypeId::kFloat:
    case TypeId::kDouble:
    case TypeId::kDecimal:
      return true;
    default:
      return false;
  }
}

bool IsTime(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampNtz;
}

/// Whether a value of type `from` may be stored in a column of type `to`, by Spark's ANSI store
/// assignment. Text literals are read as any type.
bool CanStore(const Expr& value, const DataType& to) {
  const TypeId from = value.type()->id();
  if (from == to.id() || from == TypeId::kVoid) return true;
  if (IsNumber(from) && IsNumber(to.id())) return true;
  if (IsTime(from) && IsTime(to.id())) return true;
  if (to.id() == TypeId::kString) return from != TypeId::kBinary && from != TypeId::kVariant;
  return from == TypeId::kString && value.kind() == ExprKind::kLiteral &&
         to.id() != TypeId::kBinary;
}

/// `value` bound, as the type of `field`. Values of nested types are left to the sink, which fits
/// them member by member.
Result<ExprPtr> BindValue(const ExprPtr& value, const Schema& scope, const StructField& field,
                          const std::string& column, const Session& session) {
  Result<ExprPtr> bound = BindExpression(value, scope, session);
  if (!bound.ok()) return bound.status().WithContext(Concat("the value of column ", column));
  const DataType& from = *(*bound)->type();
  if (!from.is_primitive() || !field.type->is_primitive()) {
    if (from.id() == field.type->id() || from.id() == TypeId::kVoid) return bound;
  } else if (CanStore(**bound, *field.type)) {
    if (from.EqualsIgnoringNullability(*field.type) || from.id() == TypeId::kVoid) return bound;
    bound = BindExpression(Expr::Call(Function::kCast, {value}, field.type), scope, session);
    if (!bound.ok()) return bound.status().WithContext(Concat("the value of column ", column));
    return bound;
  }
  return Status::SchemaMismatch("column ", column, " of type ", field.type->ToString(),
                                " does not store values of type ", from.ToString(), " (",
                                value->ToSql(), "); cast them");
}

/// The position of the member named so; fields().size() if there is none.
size_t PositionOf(const DataType& type, const std::string& name) {
  const StructField* field = type.FindField(name);
  return field == nullptr ? type.fields().size()
                          : static_cast<size_t>(field - type.fields().data());
}

bool IsIdentity(const StructField& field) {
  return std::ranges::any_of(field.metadata, [](const auto& entry) {
    return entry.first.starts_with(kIdentityKeyPrefix);
  });
}

}  // namespace

Result<RowAssignments> RowAssignments::Bind(const std::vector<Assignment>& assignments,
                                            const Schema& scope, SchemaPtr table,
                                            const Session& session) {
  RowAssignments out;
  out.table_ = std::move(table);
  for (const Assignment& assignment : assignments) {
    DELTAIC_RETURN_IF_ERROR(out.Add(assignment, scope, session));
  }
  DELTAIC_RETURN_IF_ERROR(out.FindGenerated(session));
  return out;
}

Status RowAssignments::Add(const Assignment& assignment, const Schema& scope,
                           const Session& session) {
  const std::string column = Join(assignment.column);
  const DataType* type = table_.get();
  const StructField* field = nullptr;
  Target* target = &root_;
  for (const std::string& name : assignment.column) {
    if (type == nullptr || type->id() != TypeId::kStruct) {
      return Status::InvalidArgument("column ", column,
                                     " cannot be assigned: only members of structs can, not of "
                                     "arrays, maps or values; assign the whole column");
    }
    const size_t position = PositionOf(*type, name);
    if (position == type->fields().size())
      return Status::InvalidArgument("the table has no column ", column, " to assign");
    field = &type->fields()[position];
    target = &target->members[position];
    if (target->value != nullptr)
      return Status::InvalidArgument("column ", column, " is assigned twice");
    type = field->type.get();
  }
  if (field == nullptr) return Status::InvalidArgument("an assignment names no column");
  if (!target->members.empty())
    return Status::InvalidArgument("column ", column, " is assigned along with a part of it");
  if (IsIdentity(*field)) {
    return Status::InvalidArgument("column ", column,
                                   " is an identity column, which the table itself fills; leave it "
                                   "out");
  }
  DELTAIC_ASSIGN_OR_RETURN(target->value,
                           BindValue(assignment.value, scope, *field, column, session));
  return Status();
}

/// Generated columns that nobody assigns and that depend on one that is.
Status RowAssignments::FindGenerated(const Session& session) {
  for (size_t i = 0; i < table_->fields().size(); ++i) {
    const StructField& field = table_->fields()[i];
    const std::optional<std::string> sql = field.MetadataText(kGenerationExpressionKey);
    if (!sql || root_.members.contains(i)) continue;
    const auto bind = [&]() -> Result<ExprPtr> {
      DELTAIC_ASSIGN_OR_RETURN(const ExprPtr parsed, ParsePredicate(*sql));
      return BindValue(parsed, *table_, field, field.name, session);
    };
    const Result<ExprPtr> bound = bind();
    if (!bound.ok()) return bound.status().WithContext(Concat("generated column ", field.name));
    const bool depends = std::ranges::any_of(ReferencedColumns(**bound), [&](const auto& path) {
      return root_.members.contains(PositionOf(*table_, path.front()));
    });
    if (depends) generated_.emplace(i, *bound);
  }
  return Status();
}

std::vector<std::string> RowAssignments::changed_columns() const {
  std::vector<std::string> names;
  for (size_t i = 0; i < table_->fields().size(); ++i) {
    if (root_.members.contains(i) || generated_.contains(i)) {
      names.push_back(table_->fields()[i].name);
    }
  }
  return names;
}

std::set<std::string> RowAssignments::replaced_columns() const {
  std::set<std::string> names;
  for (const auto& [position, target] : root_.members) {
    if (target.value != nullptr) names.insert(table_->fields()[position].name);
  }
  for (const auto& [position, expression] : generated_)
    names.insert(table_->fields()[position].name);
  return names;
}

void RowAssignments::AddValues(const Target& target, std::vector<ExprPtr>& out) {
  if (target.value != nullptr) out.push_back(target.value);
  for (const auto& [position, member] : target.members) AddValues(member, out);
}

std::vector<ExprPtr> RowAssignments::values() const {
  std::vector<ExprPtr> all;
  AddValues(root_, all);
  return all;
}

std::set<std::string> RowAssignments::input_columns() const {
  std::set<std::string> names;
  for (const ExprPtr& value : values()) {
    for (const auto& path : ReferencedColumns(*value)) names.insert(path.front());
  }
  for (const auto& [position, target] : root_.members) {
    if (!target.members.empty()) names.insert(table_->fields()[position].name);
  }
  for (const auto& [position, expression] : generated_) {
    for (const auto& path : ReferencedColumns(*expression)) names.insert(path.front());
  }
  return names;
}

Result<std::shared_ptr<arrow::Array>> RowAssignments::Evaluate(
    const Target& target, const StructField& field, const arrow::RecordBatch& scope,
    const std::shared_ptr<arrow::Array>& old) {
  if (target.value != nullptr) {
    if (target.value->type()->id() != TypeId::kVoid)
      return EvaluateExpression(*target.value, scope);
    DELTAIC_ASSIGN_OR_RETURN(const auto type, ToArrowType(*field.type));
    DELTAIC_ASSIGN_OR_RETURN(auto nulls, arrow::MakeArrayOfNull(type, scope.num_rows()));
    return nulls;
  }
  // Members of a null struct that are not assigned are null; the struct is none any more.
  const auto* parent = dynamic_cast<const arrow::StructArray*>(old.get());
  arrow::FieldVector fields;
  arrow::ArrayVector members;
  for (size_t i = 0; i < field.type->fields().size(); ++i) {
    const StructField& member = field.type->fields()[i];
    const int index = parent == nullptr ? -1 : parent->struct_type()->GetFieldIndex(member.name);
    std::shared_ptr<arrow::Array> values;
    if (index >= 0) {
      DELTAIC_ASSIGN_OR_RETURN(values, parent->GetFlattenedField(index));
    }
    const auto assigned = target.members.find(i);
    if (assigned != target.members.end()) {
      DELTAIC_ASSIGN_OR_RETURN(values, Evaluate(assigned->second, member, scope, values));
    }
    if (values == nullptr) continue;
    fields.push_back(arrow::field(member.name, values->type()));
    members.push_back(std::move(values));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto built, arrow::StructArray::Make(members, fields));
  return std::static_pointer_cast<arrow::Array>(built);
}

Result<std::shared_ptr<arrow::RecordBatch>> RowAssignments::Update(
    const arrow::RecordBatch& scope, const arrow::RecordBatch& old) const {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (size_t i = 0; i < table_->fields().size(); ++i) {
    const StructField& field = table_->fields()[i];
    std::shared_ptr<arrow::Array> values = old.GetColumnByName(field.name);
    const auto assigned = root_.members.find(i);
    if (assigned != root_.members.end()) {
      DELTAIC_ASSIGN_OR_RETURN(values, Evaluate(assigned->second, field, scope, values));
    }
    if (values == nullptr || generated_.contains(i)) continue;
    fields.push_back(arrow::field(field.name, values->type()));
    columns.push_back(std::move(values));
  }
  auto rows = arrow::RecordBatch::Make(arrow::schema(fields), scope.num_rows(), columns);
  if (generated_.empty()) return rows;
  // What they are computed from must have the column's type.
  arrow::FieldVector typed;
  for (const auto& field : fields) {
    DELTAIC_ASSIGN_OR_RETURN(auto type, ToArrowType(*table_->FindField(field->name())->type));
    typed.push_back(arrow::field(field->name(), std::move(type)));
  }
  DELTAIC_ASSIGN_OR_RETURN(rows, ConformBatch(rows, arrow::schema(std::move(typed))));
  const std::shared_ptr<arrow::RecordBatch> given = rows;
  for (const auto& [position, expression] : generated_) {
    DELTAIC_ASSIGN_OR_RETURN(auto values, EvaluateExpression(*expression, *given));
    const std::string& name = table_->fields()[position].name;
    DELTAIC_ASSIGN_OR_RETURN(
        rows, rows->AddColumn(rows->num_columns(), arrow::field(name, values->type()), values));
  }
  return rows;
}

Result<std::shared_ptr<arrow::RecordBatch>> RowAssignments::Insert(
    const arrow::RecordBatch& scope) const {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& [position, target] : root_.members) {
    const StructField& field = table_->fields()[position];
    DELTAIC_ASSIGN_OR_RETURN(auto values, Evaluate(target, field, scope, nullptr));
    fields.push_back(arrow::field(field.name, values->type()));
    columns.push_back(std::move(values));
  }
  return arrow::RecordBatch::Make(arrow::schema(std::move(fields)), scope.num_rows(),
                                  std::move(columns));
}

}  // namespace deltaic
