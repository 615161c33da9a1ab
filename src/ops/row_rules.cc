#include "ops/row_rules.h"

#include <arrow/api.h>

#include <string>
#include <utility>

#include "data/values/type_mapping.h"
#include "storage/arrow_status.h"
#include "table/clock.h"

namespace deltaic {
namespace {

/// The columns of a batch for `target`, the extra ones at the end.
SchemaPtr BatchSchema(const DataFileTarget& target) {
  std::vector<StructField> fields = target.schema->fields();
  fields.insert(fields.end(), target.extra_columns.begin(), target.extra_columns.end());
  return DataType::Struct(std::move(fields));
}

/// An empty text cannot be told from null in a partition value, so null it is, for all rules too.
Result<std::shared_ptr<arrow::Array>> EmptyToNull(const std::shared_ptr<arrow::Array>& array) {
  const auto& texts = static_cast<const arrow::StringArray&>(*array);
  bool has_empty = false;
  for (int64_t i = 0; i < texts.length() && !has_empty; ++i) {
    has_empty = texts.value_length(i) == 0 && !texts.IsNull(i);
  }
  if (!has_empty) return array;
  arrow::StringBuilder builder;
  for (int64_t i = 0; i < texts.length(); ++i) {
    DELTAIC_RETURN_IF_ERROR(texts.value_length(i) == 0 || texts.IsNull(i)
                                ? builder.AppendNull()
                                : builder.Append(texts.GetView(i)));
  }
  DELTAIC_ASSIGN_OR_RETURN(auto nulled, builder.Finish());
  return nulled;
}

/// `schema` with dictionaries where `rows` has them in columns of text.
std::shared_ptr<arrow::Schema> WithDictionaries(const std::shared_ptr<arrow::Schema>& schema,
                                                const arrow::RecordBatch& rows) {
  arrow::FieldVector fields = schema->fields();
  bool has_any = false;
  for (auto& field : fields) {
    const auto column = rows.GetColumnByName(field->name());
    if (column == nullptr || !IsDictionaryOf(*column->type(), *field->type())) continue;
    field = field->WithType(column->type());
    has_any = true;
  }
  return has_any ? arrow::schema(std::move(fields)) : schema;
}

}  // namespace

RowRules::RowRules() = default;
RowRules::RowRules(RowRules&&) noexcept = default;
RowRules& RowRules::operator=(RowRules&&) noexcept = default;
RowRules::~RowRules() = default;

Result<RowRules> RowRules::Make(const RowSinkTarget& target) {
  const Schema& schema = *target.files.schema;
  RowRules out;
  const SchemaPtr batch_schema = BatchSchema(target.files);
  DELTAIC_ASSIGN_OR_RETURN(out.batch_schema_, ToArrowSchema(*batch_schema));
  DELTAIC_ASSIGN_OR_RETURN(out.filler_, ColumnFiller::Make(batch_schema, NowMs() * 1000));
  DELTAIC_ASSIGN_OR_RETURN(out.lengths_, TextLengths::Make(schema));
  DELTAIC_ASSIGN_OR_RETURN(out.checks_, RowChecks::Make(schema, target.configuration));
  if (target.condition != nullptr) {
    out.checks_.AddCondition(Concat("condition of replace_where (", target.condition->ToSql(), ")"),
                             target.condition);
  }
  for (const std::string& name : target.files.partition_columns) {
    const int position = out.batch_schema_->GetFieldIndex(name);
    if (position >= 0 && out.batch_schema_->field(position)->type()->id() == arrow::Type::STRING) {
      out.partition_texts_.push_back(position);
    }
  }
  out.keeps_dictionaries_ = target.files.partition_columns.empty();
  return out;
}

/// Gives whole rows their final form and checks them.
Result<std::shared_ptr<arrow::RecordBatch>> RowRules::Finish(
    std::shared_ptr<arrow::RecordBatch> rows) const {
  DELTAIC_ASSIGN_OR_RETURN(rows, lengths_->Apply(std::move(rows)));
  for (const int position : partition_texts_) {
    DELTAIC_ASSIGN_OR_RETURN(const auto column, EmptyToNull(rows->column(position)));
    if (column == rows->column(position)) continue;
    DELTAIC_ASSIGN_OR_RETURN(rows,
                             rows->SetColumn(position, batch_schema_->field(position), column));
  }
  DELTAIC_RETURN_IF_ERROR(checks_.Check(*rows));
  return rows;
}

Result<std::shared_ptr<arrow::RecordBatch>> RowRules::Apply(
    const std::shared_ptr<arrow::RecordBatch>& batch, RowOrigin origin) {
  if (origin == RowOrigin::kStored) {
    return ConformBatch(
        batch, keeps_dictionaries_ ? WithDictionaries(batch_schema_, *batch) : batch_schema_);
  }
  std::shared_ptr<arrow::RecordBatch> rows;
  if (origin == RowOrigin::kSupplied) {
    DELTAIC_ASSIGN_OR_RETURN(rows, filler_->Fill(batch));
  } else {
    DELTAIC_ASSIGN_OR_RETURN(rows, ConformBatch(batch, batch_schema_));
  }
  return Finish(std::move(rows));
}

}  // namespace deltaic
