#include "ingest/decode/json_schema.h"

#include <simdjson.h>

#include <optional>
#include <string>
#include <utility>

namespace deltaic::ingest {
namespace {

constexpr int kMaxDepth = 64;

DataTypePtr TypeOf(simdjson::dom::element value, int depth) {
  if (depth > kMaxDepth) return DataType::Primitive(TypeId::kString);
  switch (value.type()) {
    case simdjson::dom::element_type::OBJECT: {
      std::vector<StructField> fields;
      for (const auto& [key, member] : simdjson::dom::object(value)) {
        DataTypePtr type = TypeOf(member, depth + 1);
        fields.push_back(StructField{.name = std::string(key), .type = std::move(type)});
      }
      return fields.empty() ? nullptr : DataType::Struct(std::move(fields));
    }
    case simdjson::dom::element_type::ARRAY: {
      DataTypePtr element;
      for (const auto member : simdjson::dom::array(value)) {
        element = MergeJsonTypes(element, TypeOf(member, depth + 1));
      }
      return element == nullptr ? nullptr : DataType::Array(std::move(element), true);
    }
    case simdjson::dom::element_type::INT64:
      return DataType::Primitive(TypeId::kLong);
    case simdjson::dom::element_type::UINT64:
      return DataType::Decimal(20, 0);
    case simdjson::dom::element_type::DOUBLE:
      return DataType::Primitive(TypeId::kDouble);
    case simdjson::dom::element_type::STRING:
      return DataType::Primitive(TypeId::kString);
    case simdjson::dom::element_type::BOOL:
      return DataType::Primitive(TypeId::kBoolean);
    case simdjson::dom::element_type::NULL_VALUE:
      return nullptr;
  }
  return nullptr;
}

/// Members that were null everywhere hold texts.
DataTypePtr Settled(const DataTypePtr& type) {
  if (type == nullptr) return DataType::Primitive(TypeId::kString);
  if (type->id() == TypeId::kArray) return DataType::Array(Settled(type->element()), true);
  if (type->id() != TypeId::kStruct) return type;
  std::vector<StructField> fields = type->fields();
  for (StructField& field : fields) field.type = Settled(field.type);
  return DataType::Struct(std::move(fields));
}

bool IsNumber(const DataType& type) {
  return type.id() == TypeId::kLong || type.id() == TypeId::kDouble;
}

}  // namespace

DataTypePtr MergeJsonTypes(const DataTypePtr& first, const DataTypePtr& second) {
  if (first == nullptr || second == nullptr) return first == nullptr ? second : first;
  if (IsNumber(*first) && IsNumber(*second)) {
    return first->id() == TypeId::kDouble ? first : second;
  }
  if (first->id() == TypeId::kLong && second->id() == TypeId::kDecimal) return second;
  if (first->id() != second->id()) return first;
  if (first->id() == TypeId::kArray) {
    return DataType::Array(MergeJsonTypes(first->element(), second->element()), true);
  }
  if (first->id() != TypeId::kStruct) return first;
  std::vector<StructField> fields = first->fields();
  for (const StructField& other : second->fields()) {
    const auto same = std::find_if(fields.begin(), fields.end(),
                                   [&](const StructField& f) { return f.name == other.name; });
    if (same == fields.end()) {
      fields.push_back(other);
    } else {
      same->type = MergeJsonTypes(same->type, other.type);
    }
  }
  return DataType::Struct(std::move(fields));
}

Result<DataTypePtr> InferJsonType(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element value;
  if (parser.parse(json.data(), json.size()).get(value) != simdjson::SUCCESS) {
    return Status::Corruption("not JSON");
  }
  const DataTypePtr type = TypeOf(value, 0);
  return type == nullptr ? type : Settled(type);
}

Result<SchemaPtr> InferJsonSchema(const std::vector<std::string_view>& texts) {
  simdjson::dom::parser parser;
  DataTypePtr merged;
  for (const std::string_view text : texts) {
    simdjson::dom::element value;
    if (parser.parse(text.data(), text.size()).get(value) != simdjson::SUCCESS) continue;
    if (value.type() != simdjson::dom::element_type::OBJECT) continue;
    merged = MergeJsonTypes(merged, TypeOf(value, 0));
  }
  if (merged == nullptr) {
    return Status::SchemaMismatch("the columns of a new table cannot be told: none of the first ",
                                  texts.size(),
                                  " messages is a JSON object with fields; give "
                                  "--schema");
  }
  return Settled(merged);
}

}  // namespace deltaic::ingest
