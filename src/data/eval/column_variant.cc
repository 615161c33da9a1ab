#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/datum.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/eval/column_functions.h"
#include "data/values/value_arrays.h"
#include "data/values/variant_column.h"
#include "expr/sql_words.h"
#include "expr/variant_cast.h"
#include "expr/variant_schema.h"
#include "protocol/variant_parse.h"
#include "protocol/variant_path.h"
#include "storage/arrow_status.h"

namespace deltaic::kernels {
namespace {

using Outcome = Result<std::optional<arrow::Datum>>;

/// An argument's variants.
class VariantRows {
 public:
  static Result<VariantRows> Make(const ColumnCall& call) {
    DELTAIC_ASSIGN_OR_RETURN(auto array, ArgAsArray(call, 0));
    VariantRows rows(std::move(array));
    const auto* parts = dynamic_cast<const arrow::StructArray*>(rows.array_.get());
    if (parts != nullptr && parts->num_fields() == 2) {
      rows.metadata_ = std::dynamic_pointer_cast<arrow::BinaryArray>(parts->field(0));
      rows.value_ = std::dynamic_pointer_cast<arrow::BinaryArray>(parts->field(1));
    }
    const bool all_null = rows.array_->null_count() == rows.array_->length();
    if (all_null || (rows.metadata_ != nullptr && rows.value_ != nullptr)) return rows;
    return Status::SchemaMismatch(call.call.ToSql(), ": the data is a ",
                                  rows.array_->type()->ToString(), ", not a variant");
  }

  bool IsNull(int64_t row) const {
    return metadata_ == nullptr || array_->IsNull(row) || value_->IsNull(row);
  }
  std::string_view metadata(int64_t row) const { return metadata_->GetView(row); }
  std::string_view value(int64_t row) const { return value_->GetView(row); }

 private:
  explicit VariantRows(std::shared_ptr<arrow::Array> array) : array_(std::move(array)) {}

  std::shared_ptr<arrow::Array> array_;
  std::shared_ptr<arrow::BinaryArray> metadata_, value_;
};

class VariantBuilder {
 public:
  Status Append(std::string_view metadata, std::string_view value) {
    DELTAIC_RETURN_IF_ERROR(metadata_.Append(metadata));
    DELTAIC_RETURN_IF_ERROR(value_.Append(value));
    return AsStatus(valid_.Append(true));
  }
  Status AppendNull() {
    DELTAIC_RETURN_IF_ERROR(metadata_.Append(""));
    DELTAIC_RETURN_IF_ERROR(value_.Append(""));
    return AsStatus(valid_.Append(false));
  }
  Outcome Finish() {
    DELTAIC_ASSIGN_OR_RETURN(auto metadata, metadata_.Finish());
    DELTAIC_ASSIGN_OR_RETURN(auto value, value_.Finish());
    const int64_t length = metadata->length();
    DELTAIC_ASSIGN_OR_RETURN(auto valid, valid_.Finish());
    return std::optional<arrow::Datum>(arrow::Datum(std::make_shared<arrow::StructArray>(
        VariantArrowType(), length, arrow::ArrayVector{std::move(metadata), std::move(value)},
        std::move(valid))));
  }

 private:
  arrow::BinaryBuilder metadata_, value_;
  arrow::TypedBufferBuilder<bool> valid_;
};

Result<std::vector<VariantStep>> PathOf(const ColumnCall& call) {
  const auto* path = std::get_if<std::string>(&call.call.args()[1]->value());
  if (path == nullptr) return Status::Internal("a variant's path is no literal");
  return ParseVariantPath(*path);
}

/// Where the path of a row leads to; nullopt where it leads nowhere.
Result<std::optional<VariantValue>> Find(const VariantRows& rows, int64_t row,
                                         const std::vector<VariantStep>& path) {
  if (rows.IsNull(row)) return std::optional<VariantValue>();
  DELTAIC_ASSIGN_OR_RETURN(const auto names, VariantMetadata::Parse(rows.metadata(row)));
  DELTAIC_ASSIGN_OR_RETURN(const auto value, VariantValue::Parse(rows.value(row)));
  return FindInVariant(names, value, path);
}

Outcome GetVariants(const ColumnCall& call, const VariantRows& rows,
                    const std::vector<VariantStep>& path) {
  VariantBuilder out;
  for (int64_t row = 0; row < call.num_rows; ++row) {
    DELTAIC_ASSIGN_OR_RETURN(const auto found, Find(rows, row, path));
    DELTAIC_RETURN_IF_ERROR(found ? out.Append(rows.metadata(row), found->bytes())
                                  : out.AppendNull());
  }
  return out.Finish();
}

Outcome Get(const ColumnCall& call, bool null_on_failure) {
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, VariantRows::Make(call));
  DELTAIC_ASSIGN_OR_RETURN(const auto path, PathOf(call));
  const DataType& type = *call.call.type();
  if (type.id() == TypeId::kVariant) return GetVariants(call, rows, path);
  std::vector<Value> out(static_cast<size_t>(call.num_rows));
  for (int64_t row = 0; row < call.num_rows; ++row) {
    DELTAIC_ASSIGN_OR_RETURN(const auto found, Find(rows, row, path));
    if (!found) continue;
    DELTAIC_ASSIGN_OR_RETURN(auto value,
                             CastVariant(rows.metadata(row), *found, type, call.call.zone()));
    if (value) {
      out[static_cast<size_t>(row)] = *std::move(value);
    } else if (!null_on_failure) {
      return Status::InvalidArgument(call.call.ToSql(), ": what is there is no ", SqlTypeName(type),
                                     "; TRY_VARIANT_GET gives NULL then");
    }
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, ArrayFromValues(out, type));
  return std::optional<arrow::Datum>(arrow::Datum(std::move(array)));
}

Outcome Parse(const ColumnCall& call, bool null_on_failure) {
  DELTAIC_ASSIGN_OR_RETURN(const auto texts, ArgAsArray(call, 0));
  VariantBuilder out;
  for (int64_t row = 0; row < call.num_rows; ++row) {
    const Value text = ValueAt(*texts, row);
    if (deltaic::IsNull(text)) {
      DELTAIC_RETURN_IF_ERROR(out.AppendNull());
      continue;
    }
    const auto variant = ParseVariantJson(std::get<std::string>(text));
    if (!variant.ok() && !null_on_failure) return variant.status().WithContext(call.call.ToSql());
    DELTAIC_RETURN_IF_ERROR(variant.ok() ? out.Append(variant->metadata, variant->value)
                                         : out.AppendNull());
  }
  return out.Finish();
}

}  // namespace

Outcome VariantGet(const ColumnCall& call) { return Get(call, false); }
Outcome TryVariantGet(const ColumnCall& call) { return Get(call, true); }
Outcome SchemaOfVariantColumn(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, VariantRows::Make(call));
  arrow::StringBuilder out;
  for (int64_t row = 0; row < call.num_rows; ++row) {
    if (rows.IsNull(row)) {
      DELTAIC_RETURN_IF_ERROR(out.AppendNull());
      continue;
    }
    DELTAIC_ASSIGN_OR_RETURN(const DataTypePtr type,
                             SchemaOfVariant(rows.metadata(row), rows.value(row)));
    DELTAIC_RETURN_IF_ERROR(out.Append(VariantSchemaText(*type)));
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, out.Finish());
  return std::optional<arrow::Datum>(arrow::Datum(std::move(array)));
}

Outcome ParseJson(const ColumnCall& call) { return Parse(call, false); }
Outcome TryParseJson(const ColumnCall& call) { return Parse(call, true); }

Outcome IsVariantNull(const ColumnCall& call) {
  DELTAIC_ASSIGN_OR_RETURN(const auto rows, VariantRows::Make(call));
  arrow::BooleanBuilder out;
  DELTAIC_RETURN_IF_ERROR(out.Reserve(call.num_rows));
  for (int64_t row = 0; row < call.num_rows; ++row) {
    DELTAIC_ASSIGN_OR_RETURN(const auto found, Find(rows, row, {}));
    out.UnsafeAppend(found && found->type() == VariantType::kNull);
  }
  DELTAIC_ASSIGN_OR_RETURN(std::shared_ptr<arrow::Array> array, out.Finish());
  return std::optional<arrow::Datum>(arrow::Datum(std::move(array)));
}

}  // namespace deltaic::kernels
