#include "data/values/type_mapping.h"

#include <arrow/extension_type.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "data/values/variant_column.h"
#include "protocol/field_metadata.h"

namespace deltaic {

namespace {

Result<arrow::FieldVector> ToArrowFields(const DataType& type) {
  arrow::FieldVector fields;
  fields.reserve(type.fields().size());
  for (const StructField& field : type.fields()) {
    DELTAIC_ASSIGN_OR_RETURN(auto field_type, ToArrowType(*field.type));
    fields.push_back(VariantAwareField(field.name, std::move(field_type), field.nullable,
                                       field.type->id() == TypeId::kVariant));
  }
  return fields;
}

/// "column a.b: ", or nothing for a type that stands alone.
std::string ColumnContext(const std::string& path) {
  return path.empty() ? std::string() : Concat("column ", path, ": ");
}

std::string ChildPath(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : Concat(path, ".", name);
}

Result<DataTypePtr> FromArrow(const arrow::DataType& type, const std::string& path, int depth);

Result<DataTypePtr> FromArrow(const arrow::Field& field, const std::string& path, int depth) {
  if (IsVariantField(field)) return DataType::Primitive(TypeId::kVariant);
  return FromArrow(*field.type(), path, depth);
}

std::map<std::string, std::string> FromArrowMetadata(const arrow::KeyValueMetadata* metadata) {
  std::map<std::string, std::string> out;
  if (metadata == nullptr) return out;
  for (int64_t i = 0; i < metadata->size(); ++i) {
    const std::string& key = metadata->key(i);
    if (IsPortableFieldMetadata(key)) out[key] = FieldMetadataFromText(key, metadata->value(i));
  }
  return out;
}

std::shared_ptr<arrow::Field> WithMetadata(const std::shared_ptr<arrow::Field>& arrow_field,
                                           const StructField& field);

/// `arrow_type`, which is that of `type`, with the metadata of the fields in it.
std::shared_ptr<arrow::DataType> WithMetadata(const std::shared_ptr<arrow::DataType>& arrow_type,
                                              const DataType& type) {
  switch (type.id()) {
    case TypeId::kStruct: {
      arrow::FieldVector fields = arrow_type->fields();
      for (size_t i = 0; i < fields.size(); ++i)
        fields[i] = WithMetadata(fields[i], type.fields()[i]);
      return arrow::struct_(std::move(fields));
    }
    case TypeId::kArray: {
      const auto& element = arrow_type->field(0);
      return arrow::list(element->WithType(WithMetadata(element->type(), *type.element())));
    }
    case TypeId::kMap: {
      const auto& map = static_cast<const arrow::MapType&>(*arrow_type);
      return arrow::map(WithMetadata(map.key_type(), *type.key()),
                        map.item_field()->WithType(WithMetadata(map.item_type(), *type.value())));
    }
    default:
      return arrow_type;
  }
}

std::shared_ptr<arrow::Field> WithMetadata(const std::shared_ptr<arrow::Field>& arrow_field,
                                           const StructField& field) {
  auto out = arrow_field->WithType(WithMetadata(arrow_field->type(), *field.type));
  if (field.metadata.empty()) return out;
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, json] : field.metadata) {
    metadata->Append(key, FieldMetadataToText(key, json));
  }
  return out->WithMergedMetadata(std::move(metadata));
}

Result<std::vector<StructField>> FromArrowFields(const arrow::FieldVector& arrow_fields,
                                                 const std::string& path, int depth) {
  std::vector<StructField> fields;
  std::set<std::string> names;
  for (const auto& arrow_field : arrow_fields) {
    const std::string field_path = ChildPath(path, arrow_field->name());
    if (!names.insert(AsciiLower(arrow_field->name())).second) {
      return Status::SchemaMismatch("column ", field_path,
                                    ": the name occurs twice (letter case does not count)");
    }
    DELTAIC_ASSIGN_OR_RETURN(auto type, FromArrow(*arrow_field, field_path, depth));
    fields.push_back(StructField{arrow_field->name(), std::move(type), arrow_field->nullable(),
                                 FromArrowMetadata(arrow_field->metadata().get())});
  }
  return fields;
}

Result<DataTypePtr> FromDecimal(const arrow::DecimalType& type, const std::string& path) {
  if (type.precision() > 38 || type.scale() < 0 || type.scale() > type.precision()) {
    return Status::SchemaMismatch(ColumnContext(path), type.ToString(),
                                  " has no Delta type: decimals have a precision up to 38 and a "
                                  "scale from 0 to the precision");
  }
  return DataType::Decimal(type.precision(), type.scale());
}

Result<DataTypePtr> FromArrow(const arrow::DataType& type, const std::string& path, int depth) {
  if (depth > kMaxSchemaDepth) {
    return Status::SchemaMismatch(ColumnContext(path), "nested deeper than ", kMaxSchemaDepth);
  }
  switch (type.id()) {
    case arrow::Type::NA:
      return DataType::Primitive(TypeId::kVoid);
    case arrow::Type::BOOL:
      return DataType::Primitive(TypeId::kBoolean);
    case arrow::Type::INT8:
      return DataType::Primitive(TypeId::kByte);
    case arrow::Type::INT16:
    case arrow::Type::UINT8:
      return DataType::Primitive(TypeId::kShort);
    case arrow::Type::INT32:
    case arrow::Type::UINT16:
      return DataType::Primitive(TypeId::kInteger);
    case arrow::Type::INT64:
    case arrow::Type::UINT32:
    case arrow::Type::UINT64:
      return DataType::Primitive(TypeId::kLong);
    case arrow::Type::HALF_FLOAT:
    case arrow::Type::FLOAT:
      return DataType::Primitive(TypeId::kFloat);
    case arrow::Type::DOUBLE:
      return DataType::Primitive(TypeId::kDouble);
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return DataType::Primitive(TypeId::kString);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return DataType::Primitive(TypeId::kBinary);
    case arrow::Type::DATE32:
    case arrow::Type::DATE64:
      return DataType::Primitive(TypeId::kDate);
    case arrow::Type::TIMESTAMP: {
      const bool has_zone = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
      return DataType::Primitive(has_zone ? TypeId::kTimestamp : TypeId::kTimestampNtz);
    }
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128:
    case arrow::Type::DECIMAL256:
      return FromDecimal(static_cast<const arrow::DecimalType&>(type), path);
    case arrow::Type::STRUCT: {
      DELTAIC_ASSIGN_OR_RETURN(auto fields, FromArrowFields(type.fields(), path, depth + 1));
      return DataType::Struct(std::move(fields));
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::LIST_VIEW:
    case arrow::Type::LARGE_LIST_VIEW: {
      const arrow::Field& element = *type.field(0);
      DELTAIC_ASSIGN_OR_RETURN(auto element_type,
                               FromArrow(element, ChildPath(path, "element"), depth + 1));
      return DataType::Array(std::move(element_type), element.nullable());
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      DELTAIC_ASSIGN_OR_RETURN(auto key,
                               FromArrow(*map.key_type(), ChildPath(path, "key"), depth + 1));
      DELTAIC_ASSIGN_OR_RETURN(auto value,
                               FromArrow(*map.item_field(), ChildPath(path, "value"), depth + 1));
      return DataType::Map(std::move(key), std::move(value), map.item_field()->nullable());
    }
    case arrow::Type::DICTIONARY:
      return FromArrow(*static_cast<const arrow::DictionaryType&>(type).value_type(), path,
                       depth + 1);
    case arrow::Type::RUN_END_ENCODED:
      return FromArrow(*static_cast<const arrow::RunEndEncodedType&>(type).value_type(), path,
                       depth + 1);
    case arrow::Type::EXTENSION:
      return FromArrow(*static_cast<const arrow::ExtensionType&>(type).storage_type(), path,
                       depth + 1);
    default:
      return Status::SchemaMismatch(ColumnContext(path), "Arrow type ", type.ToString(),
                                    " has no Delta type; cast the column first");
  }
}

}  // namespace

Result<std::shared_ptr<arrow::DataType>> ToArrowType(const DataType& type) {
  switch (type.id()) {
    case TypeId::kString:
      return arrow::utf8();
    case TypeId::kLong:
      return arrow::int64();
    case TypeId::kInteger:
      return arrow::int32();
    case TypeId::kShort:
      return arrow::int16();
    case TypeId::kByte:
      return arrow::int8();
    case TypeId::kFloat:
      return arrow::float32();
    case TypeId::kDouble:
      return arrow::float64();
    case TypeId::kBoolean:
      return arrow::boolean();
    case TypeId::kBinary:
      return arrow::binary();
    case TypeId::kDate:
      return arrow::date32();
    case TypeId::kTimestamp:
      return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeId::kTimestampNtz:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeId::kDecimal:
      return arrow::decimal128(type.precision(), type.scale());
    case TypeId::kVoid:
      return arrow::null();
    case TypeId::kStruct: {
      DELTAIC_ASSIGN_OR_RETURN(auto fields, ToArrowFields(type));
      return arrow::struct_(std::move(fields));
    }
    case TypeId::kArray: {
      DELTAIC_ASSIGN_OR_RETURN(auto element, ToArrowType(*type.element()));
      return arrow::list(VariantAwareField("element", std::move(element), type.contains_null(),
                                           type.element()->id() == TypeId::kVariant));
    }
    case TypeId::kMap: {
      DELTAIC_ASSIGN_OR_RETURN(auto key, ToArrowType(*type.key()));
      DELTAIC_ASSIGN_OR_RETURN(auto value, ToArrowType(*type.value()));
      return arrow::map(std::move(key),
                        VariantAwareField("value", std::move(value), type.contains_null(),
                                          type.value()->id() == TypeId::kVariant));
    }
    case TypeId::kVariant:
      return VariantArrowType();
  }
  return Status::Internal("a type of unknown kind");
}

Result<std::shared_ptr<arrow::Schema>> ToArrowSchema(const Schema& schema) {
  DELTAIC_ASSIGN_OR_RETURN(auto fields, ToArrowFields(schema));
  return arrow::schema(std::move(fields));
}

Result<std::shared_ptr<arrow::Schema>> ToArrowSchemaWithMetadata(const Schema& schema) {
  DELTAIC_ASSIGN_OR_RETURN(auto fields, ToArrowFields(schema));
  for (size_t i = 0; i < fields.size(); ++i)
    fields[i] = WithMetadata(fields[i], schema.fields()[i]);
  return arrow::schema(std::move(fields));
}

Result<DataTypePtr> FromArrowType(const arrow::DataType& type) { return FromArrow(type, "", 0); }

Result<SchemaPtr> FromArrowSchema(const arrow::Schema& schema) {
  DELTAIC_ASSIGN_OR_RETURN(auto fields, FromArrowFields(schema.fields(), "", 1));
  return DataType::Struct(std::move(fields));
}

}  // namespace deltaic
