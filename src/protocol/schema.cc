#include "protocol/schema.h"

#include <simdjson.h>

#include <array>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "base/made_once.h"
#include "base/status.h"

namespace deltaic {
namespace {

constexpr size_t kNumTypeIds = static_cast<size_t>(TypeId::kMap) + 1;

std::string_view PrimitiveName(TypeId id) {
  switch (id) {
    case TypeId::kString:
      return "string";
    case TypeId::kLong:
      return "long";
    case TypeId::kInteger:
      return "integer";
    case TypeId::kShort:
      return "short";
    case TypeId::kByte:
      return "byte";
    case TypeId::kFloat:
      return "float";
    case TypeId::kDouble:
      return "double";
    case TypeId::kBoolean:
      return "boolean";
    case TypeId::kBinary:
      return "binary";
    case TypeId::kDate:
      return "date";
    case TypeId::kTimestamp:
      return "timestamp";
    case TypeId::kTimestampNtz:
      return "timestamp_ntz";
    case TypeId::kDecimal:
      return "decimal";
    case TypeId::kVariant:
      return "variant";
    case TypeId::kVoid:
      return "void";
    case TypeId::kStruct:
      return "struct";
    case TypeId::kArray:
      return "array";
    case TypeId::kMap:
      return "map";
  }
  return "";
}

/// Undoes the escapes of a JSON text that has some; nullopt if it is none.
std::optional<std::string> UnescapeJsonString(std::string_view json) {
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(json.data(), json.size()).get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

enum class Strictness { kAll, kTypesAndNames };

bool SameType(const DataType& a, const DataType& b, Strictness strictness) {
  if (&a == &b) return true;
  if (a.id() != b.id()) return false;
  const bool all = strictness == Strictness::kAll;
  switch (a.id()) {
    case TypeId::kDecimal:
      return a.precision() == b.precision() && a.scale() == b.scale();
    case TypeId::kArray:
      return (!all || a.contains_null() == b.contains_null()) &&
             SameType(*a.element(), *b.element(), strictness);
    case TypeId::kMap:
      return (!all || a.contains_null() == b.contains_null()) &&
             SameType(*a.key(), *b.key(), strictness) &&
             SameType(*a.value(), *b.value(), strictness);
    case TypeId::kStruct:
      if (a.fields().size() != b.fields().size()) return false;
      for (size_t i = 0; i < a.fields().size(); ++i) {
        const StructField& x = a.fields()[i];
        const StructField& y = b.fields()[i];
        if (x.name != y.name || !SameType(*x.type, *y.type, strictness)) return false;
        if (all && (x.nullable != y.nullable || x.metadata != y.metadata)) return false;
      }
      return true;
    default:
      return true;
  }
}

void AppendTypeText(std::string& out, const DataType& type) {
  out += PrimitiveName(type.id());
  switch (type.id()) {
    case TypeId::kDecimal:
      out += Concat('(', type.precision(), ',', type.scale(), ')');
      return;
    case TypeId::kArray:
      out += '<';
      AppendTypeText(out, *type.element());
      out += '>';
      return;
    case TypeId::kMap:
      out += '<';
      AppendTypeText(out, *type.key());
      out += ',';
      AppendTypeText(out, *type.value());
      out += '>';
      return;
    case TypeId::kStruct:
      out += '<';
      for (size_t i = 0; i < type.fields().size(); ++i) {
        if (i > 0) out += ',';
        out += type.fields()[i].name;
        out += ':';
        AppendTypeText(out, *type.fields()[i].type);
      }
      out += '>';
      return;
    default:
      return;
  }
}

}  // namespace

DataType::DataType(TypeId id, int precision, int scale, DataTypePtr first, DataTypePtr second,
                   bool contains_null, std::vector<StructField> fields)
    : id_(id),
      precision_(precision),
      scale_(scale),
      first_(std::move(first)),
      second_(std::move(second)),
      contains_null_(contains_null),
      fields_(std::move(fields)) {}

DataType::~DataType() = default;

DataTypePtr DataType::Primitive(TypeId id) {
  // Never destroyed, so that types may be used while the process ends.
  const auto& instances = MadeOnce([] {
    std::array<DataTypePtr, kNumTypeIds> all;
    for (size_t i = 0; i < kNumTypeIds; ++i) {
      all[i] = std::make_shared<const DataType>(static_cast<TypeId>(i), 0, 0, nullptr, nullptr,
                                                true, std::vector<StructField>());
    }
    return all;
  });
  return instances[static_cast<size_t>(id)];
}

DataTypePtr DataType::Decimal(int precision, int scale) {
  return std::make_shared<const DataType>(TypeId::kDecimal, precision, scale, nullptr, nullptr,
                                          true, std::vector<StructField>());
}

DataTypePtr DataType::Struct(std::vector<StructField> fields) {
  return std::make_shared<const DataType>(TypeId::kStruct, 0, 0, nullptr, nullptr, true,
                                          std::move(fields));
}

DataTypePtr DataType::Array(DataTypePtr element, bool contains_null) {
  return std::make_shared<const DataType>(TypeId::kArray, 0, 0, std::move(element), nullptr,
                                          contains_null, std::vector<StructField>());
}

DataTypePtr DataType::Map(DataTypePtr key, DataTypePtr value, bool value_contains_null) {
  return std::make_shared<const DataType>(TypeId::kMap, 0, 0, std::move(key), std::move(value),
                                          value_contains_null, std::vector<StructField>());
}

const StructField* DataType::FindField(std::string_view name) const {
  for (const StructField& field : fields_) {
    if (field.name == name) return &field;
  }
  const StructField* found = nullptr;
  for (const StructField& field : fields_) {
    if (!EqualsIgnoringCase(field.name, name)) continue;
    if (found != nullptr) return nullptr;
    found = &field;
  }
  return found;
}

bool DataType::Equals(const DataType& other) const {
  return SameType(*this, other, Strictness::kAll);
}

bool DataType::EqualsIgnoringNullability(const DataType& other) const {
  return SameType(*this, other, Strictness::kTypesAndNames);
}

std::string DataType::ToString() const {
  std::string out;
  AppendTypeText(out, *this);
  return out;
}

std::optional<std::string> StructField::MetadataText(std::string_view key) const {
  const auto it = metadata.find(std::string(key));
  if (it == metadata.end() || it->second == "null") return std::nullopt;
  const std::string& json = it->second;
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return json;
  if (json.find('\\') == std::string::npos) return json.substr(1, json.size() - 2);
  return UnescapeJsonString(json);
}

std::string StructField::physical_name() const {
  return MetadataText(kPhysicalNameKey).value_or(name);
}

bool StructField::has_collation() const {
  // An object from the field's name, or where in its type, to the collation. What writers have no
  // reason to name, the order of bytes, is taken for one.
  const auto it = metadata.find(std::string(kCollationsKey));
  return it != metadata.end() && it->second.find(':') != std::string::npos;
}

std::optional<int32_t> StructField::column_mapping_id() const {
  const auto it = metadata.find(std::string(kColumnMappingIdKey));
  if (it == metadata.end()) return std::nullopt;
  const std::string& json = it->second;
  int32_t id = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), id);
  if (error != std::errc() || end != json.data() + json.size()) return std::nullopt;
  return id;
}

bool StructField::operator==(const StructField& other) const {
  return name == other.name && nullable == other.nullable && metadata == other.metadata &&
         type->Equals(*other.type);
}

namespace {

DataTypePtr PhysicalType(const DataTypePtr& type) {
  switch (type->id()) {
    case TypeId::kStruct:
      return PhysicalSchema(*type);
    case TypeId::kArray:
      return DataType::Array(PhysicalType(type->element()), type->contains_null());
    case TypeId::kMap:
      return DataType::Map(PhysicalType(type->key()), PhysicalType(type->value()),
                           type->contains_null());
    default:
      return type;
  }
}

}  // namespace

SchemaPtr PhysicalSchema(const Schema& schema) {
  std::vector<StructField> fields;
  for (const StructField& field : schema.fields()) {
    fields.push_back(
        {field.physical_name(), PhysicalType(field.type), field.nullable, field.metadata});
  }
  return DataType::Struct(std::move(fields));
}

int64_t CountLeaves(const DataType& type) {
  if (type.id() != TypeId::kStruct) return 1;
  int64_t leaves = 0;
  for (const StructField& field : type.fields()) leaves += CountLeaves(*field.type);
  return leaves;
}

}  // namespace deltaic
