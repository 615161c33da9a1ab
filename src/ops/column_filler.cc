#include "ops/column_filler.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "data/eval/expression_eval.h"
#include "data/values/type_mapping.h"
#include "ops/stored_expressions.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

bool HasColumn(const arrow::Schema& schema, std::string_view name) {
  return std::any_of(schema.fields().begin(), schema.fields().end(),
                     [&](const auto& field) { return EqualsIgnoringCase(field->name(), name); });
}

}  // namespace

Result<ColumnFiller> ColumnFiller::Make(SchemaPtr schema, int64_t now_micros) {
  ColumnFiller filler;
  DELTAIC_ASSIGN_OR_RETURN(filler.arrow_schema_, ToArrowSchema(*schema));
  filler.now_micros_ = now_micros;
  std::vector<Computed> generated;
  for (size_t i = 0; i < schema->fields().size(); ++i) {
    const StructField& field = schema->fields()[i];
    Computed column{.position = static_cast<int>(i)};
    DELTAIC_ASSIGN_OR_RETURN(column.identity, IdentityColumn::Of(field));
    column.is_generated = field.metadata.contains(std::string(kGenerationExpressionKey));
    const bool has_default = field.MetadataText(kCurrentDefaultKey).has_value();
    if (has_default || column.identity) {
      filler.computed_.push_back(std::move(column));
    } else if (column.is_generated) {
      generated.push_back(std::move(column));
    }
  }
  std::move(generated.begin(), generated.end(), std::back_inserter(filler.computed_));
  filler.schema_ = std::move(schema);
  return filler;
}

Status ColumnFiller::Compute(Computed& column, const arrow::RecordBatch& given,
                             std::shared_ptr<arrow::Array>& out) {
  const StructField& field = schema_->fields()[static_cast<size_t>(column.position)];
  if (column.identity) {
    DELTAIC_ASSIGN_OR_RETURN(out, column.identity->Take(given.num_rows()));
    return Status();
  }
  if (column.value == nullptr) {
    // A default is one value for all rows. What is generated must give the same again at any time.
    const auto key = column.is_generated ? kGenerationExpressionKey : kCurrentDefaultKey;
    const std::string what =
        Concat(column.is_generated ? "generated column " : "default of column ", field.name);
    const Session session = column.is_generated ? Session() : Session{.now_micros = now_micros_};
    DELTAIC_ASSIGN_OR_RETURN(column.value, BindStoredExpression(*field.MetadataText(key), what,
                                                                *schema_, field.type, session));
  }
  Result<std::shared_ptr<arrow::Array>> value = EvaluateExpression(*column.value, given);
  if (!value.ok()) {
    return Status::ConstraintViolated("column ", field.name,
                                      " cannot be computed: ", value.status().message());
  }
  out = *std::move(value);
  return Status();
}

Result<std::shared_ptr<arrow::RecordBatch>> ColumnFiller::Fill(
    const std::shared_ptr<arrow::RecordBatch>& rows) {
  std::vector<Computed*> missing;
  arrow::FieldVector given_fields = arrow_schema_->fields();
  for (Computed& column : computed_) {
    const std::string& name = schema_->fields()[static_cast<size_t>(column.position)].name;
    if (!HasColumn(*rows->schema(), name)) {
      missing.push_back(&column);
      given_fields[static_cast<size_t>(column.position)] = nullptr;
    } else if (column.identity && !column.identity->takes_explicit_values()) {
      return Status::InvalidArgument("column ", name,
                                     " is GENERATED ALWAYS AS IDENTITY: its values are the "
                                     "table's to give; leave the column out");
    }
  }
  if (missing.empty()) return ConformBatch(rows, arrow_schema_);

  std::erase(given_fields, nullptr);
  DELTAIC_ASSIGN_OR_RETURN(auto given, ConformBatch(rows, arrow::schema(std::move(given_fields))));
  for (Computed* column : missing) {
    std::shared_ptr<arrow::Array> values;
    DELTAIC_RETURN_IF_ERROR(Compute(*column, *given, values));
    DELTAIC_ASSIGN_OR_RETURN(
        given, given->AddColumn(given->num_columns(), arrow_schema_->field(column->position),
                                std::move(values)));
  }
  // Brings the columns into their order, and judges nulls among what was computed.
  return ConformBatch(given, arrow_schema_);
}

SchemaPtr ColumnFiller::AdvancedSchema() const {
  std::vector<StructField> fields = schema_->fields();
  bool advanced = false;
  for (const Computed& column : computed_) {
    if (!column.identity || !column.identity->new_high_water_mark()) continue;
    fields[static_cast<size_t>(column.position)].metadata[std::string(kIdentityHighWaterMarkKey)] =
        std::to_string(*column.identity->new_high_water_mark());
    advanced = true;
  }
  return advanced ? DataType::Struct(std::move(fields)) : nullptr;
}

SchemaPtr WithHighWaterMarks(const SchemaPtr& schema, const Schema& advanced) {
  const std::string key(kIdentityHighWaterMarkKey);
  std::vector<StructField> fields = schema->fields();
  for (StructField& field : fields) {
    const StructField* source = advanced.FindField(field.name);
    if (source == nullptr || !source->metadata.contains(key)) continue;
    field.metadata[key] = source->metadata.at(key);
  }
  return DataType::Struct(std::move(fields));
}

}  // namespace deltaic
