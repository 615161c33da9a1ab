#include "ops/table_rules.h"

#include "ops/identity_column.h"
#include "ops/row_checks.h"
#include "ops/stored_expressions.h"
#include "ops/text_lengths.h"

namespace deltaic {
namespace {

Status CheckDefault(const StructField& field) {
  const auto sql = field.MetadataText(kCurrentDefaultKey);
  if (!sql) return Status();
  // A constant needs no column: there is none to find.
  const SchemaPtr no_columns = DataType::Struct({});
  return BindStoredExpression(*sql, Concat("default of column ", field.name), *no_columns,
                              field.type, {.now_micros = 0})
      .status();
}

Status CheckGenerated(const StructField& field, const Schema& schema) {
  const auto sql = field.MetadataText(kGenerationExpressionKey);
  if (!sql) return Status();
  const std::string what = Concat("generated column ", field.name);
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr value, BindStoredExpression(*sql, what, schema));
  for (const auto& path : ReferencedColumns(*value)) {
    const StructField* source = schema.FindField(path.front());
    if (source != nullptr && source->metadata.contains(std::string(kGenerationExpressionKey))) {
      return Status::InvalidArgument(what, " (", *sql, ") is made of the column ", source->name,
                                     ", which is generated itself; write out its expression");
    }
  }
  return Status();
}

Status CheckAll(const Schema& schema, const StringMap& configuration) {
  DELTAIC_RETURN_IF_ERROR(RowChecks::Make(schema, configuration).status());
  DELTAIC_RETURN_IF_ERROR(TextLengths::Make(schema).status());
  for (const StructField& field : schema.fields()) {
    DELTAIC_RETURN_IF_ERROR(CheckDefault(field));
    DELTAIC_RETURN_IF_ERROR(CheckGenerated(field, schema));
    DELTAIC_ASSIGN_OR_RETURN(const auto identity, IdentityColumn::Of(field));
    if (identity && (field.metadata.contains(std::string(kGenerationExpressionKey)) ||
                     field.metadata.contains(std::string(kCurrentDefaultKey)))) {
      return Status::InvalidArgument("identity column ", field.name,
                                     " cannot be generated otherwise or have a default too");
    }
  }
  return Status();
}

}  // namespace

Status CheckTableRules(const Schema& schema, const StringMap& configuration) {
  const Status status = CheckAll(schema, configuration);
  if (status.code() == StatusCode::kUnsupported || status.code() == StatusCode::kCorruption) {
    return Status::InvalidArgument(status.message());
  }
  return status;
}

}  // namespace deltaic
