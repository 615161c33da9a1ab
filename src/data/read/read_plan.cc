#include "data/read/read_plan.h"

#include <arrow/type.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "data/read/metadata_column.h"
#include "data/read/text_views.h"
#include "data/values/type_mapping.h"
#include "data/values/variant_column.h"

namespace deltaic {
namespace {

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<PlannedColumn> PlanColumn(const DataReadSpec& spec, const std::string& name) {
  const auto& fields = spec.table_schema->fields();
  const auto field = std::find_if(fields.begin(), fields.end(),
                                  [&](const StructField& f) { return f.name == name; });
  if (field == fields.end()) return Status::InvalidArgument("the table has no column ", name);
  auto type = ToArrowType(*field->type);
  if (!type.ok()) return type.status().WithContext(Concat("column ", name));
  if (field->type->id() == TypeId::kString && Contains(spec.dictionary_columns, name)) {
    *type = arrow::dictionary(arrow::int32(), arrow::utf8());
  }
  PlannedColumn column;
  column.field = *field;
  column.arrow_field = VariantAwareField(name, *std::move(type), field->nullable,
                                         field->type->id() == TypeId::kVariant);
  column.is_partition = Contains(spec.partition_columns, name);
  column.is_of_files = Contains(spec.columns_of_files, name);
  column.partition_key =
      spec.column_mapping == ColumnMappingMode::kNone ? name : field->physical_name();
  return column;
}

PlannedColumn PlanMetadataColumn(const DataReadSpec& spec, MetadataColumn metadata) {
  const bool is_path = metadata == MetadataColumn::kFilePath;
  PlannedColumn column;
  column.field.type = MetadataColumnType(metadata);
  if (metadata == MetadataColumn::kRowId) column.field.name = spec.row_id_column;
  if (metadata == MetadataColumn::kRowCommitVersion)
    column.field.name = spec.row_commit_version_column;
  const std::string name = MetadataColumnName(metadata);
  auto type = is_path ? arrow::utf8() : arrow::int64();
  if (is_path && Contains(spec.dictionary_columns, name))
    type = arrow::dictionary(arrow::int32(), std::move(type));
  column.arrow_field = arrow::field(name, std::move(type), false);
  column.in_output = true;
  column.metadata = metadata;
  return column;
}

/// The column in batches. Notes where it comes as views.
std::shared_ptr<arrow::Field> OutputField(const DataReadSpec& spec, PlannedColumn& column) {
  const auto type = ViewTypeOf(column.arrow_field->type());
  column.as_views = spec.string_views && type != column.arrow_field->type();
  return column.as_views ? column.arrow_field->WithType(type) : column.arrow_field;
}

void PlanSkipping(ReadPlan& plan, const ExprPtr& predicate) {
  if (predicate == nullptr) return;
  plan.skipping_predicate = WithTargetsAsColumns(predicate);
  for (PlannedColumn& column : plan.columns) {
    if (column.metadata || column.is_partition) continue;
    if (column.field.type->id() != TypeId::kVariant) continue;
    column.variant_targets = TargetsIn(*plan.skipping_predicate, column.field.name);
  }
}

}  // namespace

Result<std::shared_ptr<const ReadPlan>> ReadPlan::Make(std::shared_ptr<const DataReadSpec> spec) {
  auto plan = std::make_shared<ReadPlan>();
  std::set<std::string> in_predicate;
  if (spec->predicate != nullptr) {
    for (const auto& path : ReferencedColumns(*spec->predicate)) in_predicate.insert(path.front());
  }
  if (spec->row_test)
    in_predicate.insert(spec->row_test->columns.begin(), spec->row_test->columns.end());
  std::set<std::string> seen;
  arrow::FieldVector output_fields;
  for (const std::string& name : spec->columns) {
    if (!seen.insert(name).second)
      return Status::InvalidArgument("column ", name, " is asked for twice");
    DELTAIC_ASSIGN_OR_RETURN(PlannedColumn column, PlanColumn(*spec, name));
    column.in_output = true;
    column.in_predicate = in_predicate.contains(name);
    output_fields.push_back(OutputField(*spec, column));
    plan->columns.push_back(std::move(column));
  }
  for (const MetadataColumn metadata : spec->metadata_columns) {
    PlannedColumn column = PlanMetadataColumn(*spec, metadata);
    if (!seen.insert(column.arrow_field->name()).second) {
      return Status::InvalidArgument("column ", column.arrow_field->name(),
                                     " is asked for twice, or the table has one of that name");
    }
    output_fields.push_back(column.arrow_field);
    plan->columns.push_back(std::move(column));
  }
  plan->num_output = plan->columns.size();
  for (const std::string& name : in_predicate) {
    if (seen.contains(name)) continue;
    DELTAIC_ASSIGN_OR_RETURN(PlannedColumn column, PlanColumn(*spec, name));
    column.in_predicate = true;
    const bool is_tested = spec->row_test && Contains(spec->row_test->columns, name);
    if (column.field.type->id() == TypeId::kVariant && spec->predicate != nullptr && !is_tested) {
      column.variant_paths = VariantPathsIn(*spec->predicate, name);
    }
    plan->columns.push_back(std::move(column));
  }
  PlanSkipping(*plan, spec->predicate);
  arrow::FieldVector predicate_fields;
  for (const PlannedColumn& column : plan->columns) {
    if (column.in_predicate) predicate_fields.push_back(column.arrow_field);
  }
  plan->output_schema = arrow::schema(std::move(output_fields));
  plan->predicate_schema = arrow::schema(std::move(predicate_fields));
  plan->spec = std::move(spec);
  return std::shared_ptr<const ReadPlan>(std::move(plan));
}

Result<std::shared_ptr<arrow::Schema>> ReadSchema(const DataReadSpec& spec) {
  // The plan only looks at the spec here.
  const std::shared_ptr<const DataReadSpec> borrowed(std::shared_ptr<void>(), &spec);
  DELTAIC_ASSIGN_OR_RETURN(const auto plan, ReadPlan::Make(borrowed));
  return plan->output_schema;
}

}  // namespace deltaic
