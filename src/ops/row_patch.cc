#include "ops/row_patch.h"

#include <arrow/api.h>
#include <arrow/compute/api_vector.h>

#include <utility>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

/// The columns of `rows` that `schema` names, so that each has the schema's type.
Result<std::shared_ptr<arrow::RecordBatch>> ConformTo(
    const arrow::RecordBatch& rows, const std::shared_ptr<arrow::Schema>& schema) {
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (const auto& field : schema->fields()) {
    const int index = rows.schema()->GetFieldIndex(field->name());
    if (index < 0) return Status::Internal("no column ", field->name(), " to change rows with");
    fields.push_back(rows.schema()->field(index));
    columns.push_back(rows.column(index));
  }
  return ConformBatch(arrow::RecordBatch::Make(arrow::schema(std::move(fields)), rows.num_rows(),
                                               std::move(columns)),
                      schema);
}

std::shared_ptr<arrow::Array> IndexArray(std::vector<int64_t> values) {
  const auto length = static_cast<int64_t>(values.size());
  return std::make_shared<arrow::Int64Array>(length, arrow::Buffer::FromVector(std::move(values)));
}

/// `old` with the values of `changed` where `chosen` has their number, beyond those of `old`.
Result<std::shared_ptr<arrow::Array>> Scatter(const std::shared_ptr<arrow::Array>& old,
                                              const std::shared_ptr<arrow::Array>& changed,
                                              const std::shared_ptr<arrow::Array>& chosen) {
  DELTAIC_ASSIGN_OR_RETURN(const auto both, arrow::Concatenate({old, changed}));
  DELTAIC_ASSIGN_OR_RETURN(
      auto out, arrow::compute::Take(*both, *chosen, arrow::compute::TakeOptions(false)));
  return out;
}

}  // namespace

Result<RowPatch> RowPatch::Make(const Snapshot& snapshot, RowAssignments assignments) {
  RowPatch patch;
  const Schema& schema = *snapshot.schema();
  DELTAIC_ASSIGN_OR_RETURN(patch.lengths_, TextLengths::Make(schema));
  DELTAIC_ASSIGN_OR_RETURN(patch.checks_,
                           RowChecks::Make(schema, snapshot.metadata().configuration));
  DELTAIC_ASSIGN_OR_RETURN(const auto all, ToArrowSchema(schema));
  patch.columns_ = assignments.changed_columns();
  arrow::FieldVector changed;
  for (const std::string& name : patch.columns_) changed.push_back(all->GetFieldByName(name));
  patch.changed_ = arrow::schema(std::move(changed));
  const bool has_rules = !patch.lengths_.is_empty() || !patch.checks_.is_empty();
  if (has_rules) patch.all_ = all;
  std::set<std::string> wanted = assignments.input_columns();
  wanted.insert(patch.columns_.begin(), patch.columns_.end());
  for (const StructField& field : schema.fields()) {
    if (has_rules || wanted.contains(field.name)) patch.inputs_.push_back(field.name);
  }
  patch.assignments_ = std::move(assignments);
  return patch;
}

/// \return columns() of rows that all change.
Result<std::shared_ptr<arrow::RecordBatch>> RowPatch::NewValues(
    const std::shared_ptr<arrow::RecordBatch>& rows) const {
  DELTAIC_ASSIGN_OR_RETURN(auto changed, assignments_.Update(*rows, *rows));
  if (all_ != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(changed, ConformTo(*changed, all_));
    DELTAIC_ASSIGN_OR_RETURN(changed, lengths_.Apply(std::move(changed)));
    DELTAIC_RETURN_IF_ERROR(checks_.Check(*changed));
  }
  return ConformTo(*changed, changed_);
}

Result<std::shared_ptr<arrow::RecordBatch>> RowPatch::Apply(
    const std::shared_ptr<arrow::RecordBatch>& rows, const DeletionVector& positions) const {
  const int last = rows->num_columns() - 1;
  const auto& at = static_cast<const arrow::Int64Array&>(*rows->column(last));
  DELTAIC_ASSIGN_OR_RETURN(auto out, rows->RemoveColumn(last));
  if (at.length() == 0) return out;
  const std::vector<int64_t> changed = positions.Rows(at.Value(0), at.Value(at.length() - 1) + 1);
  if (changed.empty()) return out;
  std::vector<int64_t> chosen, taken;
  chosen.reserve(static_cast<size_t>(rows->num_rows()));
  auto next = changed.begin();
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    // Both ascend.
    while (next != changed.end() && *next < at.Value(row)) ++next;
    const bool changes = next != changed.end() && *next == at.Value(row);
    chosen.push_back(changes ? rows->num_rows() + static_cast<int64_t>(taken.size()) : row);
    if (changes) taken.push_back(row);
  }
  if (taken.empty()) return out;
  const auto numbers = IndexArray(std::move(taken));
  arrow::ArrayVector columns;
  for (const auto& column : out->columns()) {
    DELTAIC_ASSIGN_OR_RETURN(
        columns.emplace_back(),
        arrow::compute::Take(*column, *numbers, arrow::compute::TakeOptions(false)));
  }
  DELTAIC_ASSIGN_OR_RETURN(
      const auto values,
      NewValues(arrow::RecordBatch::Make(out->schema(), numbers->length(), std::move(columns))));
  const auto order = IndexArray(std::move(chosen));
  for (int i = 0; i < values->num_columns(); ++i) {
    const int index = out->schema()->GetFieldIndex(values->schema()->field(i)->name());
    DELTAIC_ASSIGN_OR_RETURN(const auto column,
                             Scatter(out->column(index), values->column(i), order));
    DELTAIC_ASSIGN_OR_RETURN(out, out->SetColumn(index, out->schema()->field(index), column));
  }
  return out;
}

}  // namespace deltaic
