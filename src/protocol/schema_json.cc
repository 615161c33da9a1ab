#include "protocol/schema_json.h"

#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "protocol/compact_json.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

using json::ForEachElement;
using json::ForEachField;
using json::JsonValue;

constexpr int kMaxDecimalPrecision = 38;
constexpr std::pair<std::string_view, TypeId> kPrimitiveNames[] = {
    {"string", TypeId::kString},       {"long", TypeId::kLong},
    {"integer", TypeId::kInteger},     {"short", TypeId::kShort},
    {"byte", TypeId::kByte},           {"float", TypeId::kFloat},
    {"double", TypeId::kDouble},       {"boolean", TypeId::kBoolean},
    {"binary", TypeId::kBinary},       {"date", TypeId::kDate},
    {"timestamp", TypeId::kTimestamp}, {"timestamp_ntz", TypeId::kTimestampNtz},
    {"variant", TypeId::kVariant},     {"void", TypeId::kVoid},
};

bool TakeInt(std::string_view& text, int& value) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return true;
}

/// `arguments` is what stands between the parentheses: "10,2", spaces allowed.
Result<DataTypePtr> MakeDecimal(std::string_view arguments) {
  int precision = 0, scale = 0;
  std::string_view rest = arguments;
  const bool parsed = TakeInt(rest, precision) && rest.starts_with(',') &&
                      (rest.remove_prefix(1), TakeInt(rest, scale)) && rest.empty();
  if (!parsed || precision < 1 || precision > kMaxDecimalPrecision || scale < 0 ||
      scale > precision) {
    return Status::Corruption("decimal(", arguments.substr(0, 40), ") is not a valid type");
  }
  return DataType::Decimal(precision, scale);
}

Result<DataTypePtr> MakePrimitive(std::string_view name) {
  for (const auto& [known, id] : kPrimitiveNames) {
    if (known == name) return DataType::Primitive(id);
  }
  if (name == "decimal") return DataType::Decimal(10, 0);
  if (name == "null") return DataType::Primitive(TypeId::kVoid);  // as Spark 2 had it
  if (name.starts_with("decimal(") && name.ends_with(')')) {
    return MakeDecimal(name.substr(8, name.size() - 9));
  }
  return Status::Unsupported("type ", name.substr(0, 100),
                             " is not known to this version of Deltaic");
}

/// The members of a type object. They may come in any order, so they are collected before `type`
/// says which count.
struct TypeMembers {
  std::string type;
  std::optional<std::vector<StructField>> fields;
  DataTypePtr element, key, value;
  bool contains_null = true;
  bool value_contains_null = true;
};

Result<DataTypePtr> MakeNested(TypeMembers members) {
  if (members.type == "struct") {
    if (!members.fields) return Status::Corruption("a struct has no fields member");
    return DataType::Struct(std::move(*members.fields));
  }
  if (members.type == "array") {
    if (!members.element) return Status::Corruption("an array has no elementType");
    return DataType::Array(std::move(members.element), members.contains_null);
  }
  if (members.type == "map") {
    if (!members.key || !members.value) {
      return Status::Corruption("a map has no keyType or no valueType");
    }
    return DataType::Map(std::move(members.key), std::move(members.value),
                         members.value_contains_null);
  }
  if (members.type.empty()) return Status::Corruption("a type object has no type member");
  return Status::Unsupported("type ", members.type.substr(0, 100),
                             " is not known to this version of Deltaic");
}

Result<DataTypePtr> ParseType(JsonValue& value, int depth);

Status ParseMetadata(JsonValue& value, std::map<std::string, std::string>& metadata) {
  if (json::IsNull(value)) return Status::Ok();
  return ForEachField(value, [&](std::string_view key, JsonValue& entry) {
    std::string& text = metadata[std::string(key)];
    text.clear();
    return json::AppendCompact(text, entry, kMaxSchemaDepth);
  });
}

Status ParseFieldMember(std::string_view key, JsonValue& value, int depth, StructField& field,
                        bool& has_name) {
  if (key == "name") {
    DELTAIC_RETURN_IF_ERROR(json::ReadValue(value, field.name).WithContext(key));
    has_name = true;
    return Status::Ok();
  }
  if (key == "type") {
    DELTAIC_ASSIGN_OR_RETURN(field.type, ParseType(value, depth));
    return Status::Ok();
  }
  if (key == "nullable") return json::ReadValue(value, field.nullable).WithContext(key);
  if (key == "metadata") return ParseMetadata(value, field.metadata).WithContext(key);
  return json::Skip(value);
}

Status ParseField(JsonValue& value, size_t position, int depth, StructField& field) {
  bool has_name = false;
  const Status status = ForEachField(value, [&](std::string_view key, JsonValue& member) {
    return ParseFieldMember(key, member, depth, field, has_name);
  });
  const std::string where =
      has_name ? Concat("column '", field.name, "'") : Concat("column number ", position + 1);
  if (!status.ok()) return status.WithContext(where);
  if (!has_name) return Status::Corruption(where, " has no name");
  if (!field.type) return Status::Corruption(where, " has no type");
  return Status::Ok();
}

Status ParseFields(JsonValue& value, int depth, std::vector<StructField>& fields) {
  std::unordered_set<std::string> names;
  fields.clear();
  return ForEachElement(value, [&](JsonValue& element) -> Status {
    StructField field;
    DELTAIC_RETURN_IF_ERROR(ParseField(element, fields.size(), depth, field));
    if (!names.insert(AsciiLower(field.name)).second) {
      return Status::Corruption("column name '", field.name,
                                "' occurs twice (names are compared ignoring case)");
    }
    fields.push_back(std::move(field));
    return Status::Ok();
  });
}

Status ParseTypeMember(std::string_view key, JsonValue& value, int depth, TypeMembers& out) {
  const auto parse_type = [&](DataTypePtr& type) -> Status {
    DELTAIC_ASSIGN_OR_RETURN(type, ParseType(value, depth + 1));
    return Status::Ok();
  };
  if (key == "type") return json::ReadValue(value, out.type).WithContext(key);
  if (key == "fields") return ParseFields(value, depth + 1, out.fields.emplace());
  if (key == "elementType") return parse_type(out.element);
  if (key == "keyType") return parse_type(out.key);
  if (key == "valueType") return parse_type(out.value);
  if (key == "containsNull") return json::ReadValue(value, out.contains_null).WithContext(key);
  if (key == "valueContainsNull") {
    return json::ReadValue(value, out.value_contains_null).WithContext(key);
  }
  return json::Skip(value);
}

/// `source` is a value or the whole document; `depth` counts the types around this one.
template <typename Source>
Result<DataTypePtr> ParseTypeObject(Source& source, int depth) {
  TypeMembers members;
  DELTAIC_RETURN_IF_ERROR(ForEachField(source, [&](std::string_view key, JsonValue& member) {
    return ParseTypeMember(key, member, depth, members);
  }));
  return MakeNested(std::move(members));
}

Result<DataTypePtr> ParseType(JsonValue& value, int depth) {
  if (depth >= kMaxSchemaDepth) {
    return Status::Corruption("types nest deeper than ", kMaxSchemaDepth, " levels");
  }
  if (json::ScalarToken(value).starts_with('{')) return ParseTypeObject(value, depth);
  std::string name;
  DELTAIC_RETURN_IF_ERROR(json::ReadValue(value, name).WithContext("type"));
  return MakePrimitive(name);
}

Result<SchemaPtr> ParseRoot(std::string_view json_text) {
  json::ParserLease parser;
  DELTAIC_ASSIGN_OR_RETURN(auto document, parser.Start(json_text));
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, ParseTypeObject(document, 0));
  DELTAIC_RETURN_IF_ERROR(json::CheckEnd(document));
  if (schema->id() != TypeId::kStruct) return Status::Corruption("is not a struct");
  return schema;
}

// Writing --------------------------------------------------------------------------------------

void WriteType(JsonWriter& json, const DataType& type);

void WriteField(JsonWriter& json, const StructField& field) {
  json.BeginObject().Key("name").String(field.name).Key("type");
  WriteType(json, *field.type);
  json.Key("nullable").Bool(field.nullable).Key("metadata").BeginObject();
  for (const auto& [key, value] : field.metadata) json.Key(key).Raw(value);
  json.EndObject().EndObject();
}

void WriteType(JsonWriter& json, const DataType& type) {
  switch (type.id()) {
    case TypeId::kStruct:
      json.BeginObject().Key("type").String("struct").Key("fields").BeginArray();
      for (const StructField& field : type.fields()) WriteField(json, field);
      json.EndArray().EndObject();
      return;
    case TypeId::kArray:
      json.BeginObject().Key("type").String("array").Key("elementType");
      WriteType(json, *type.element());
      json.Key("containsNull").Bool(type.contains_null()).EndObject();
      return;
    case TypeId::kMap:
      json.BeginObject().Key("type").String("map").Key("keyType");
      WriteType(json, *type.key());
      json.Key("valueType");
      WriteType(json, *type.value());
      json.Key("valueContainsNull").Bool(type.contains_null()).EndObject();
      return;
    default:
      json.String(type.ToString());
  }
}

}  // namespace

Result<SchemaPtr> ParseSchema(std::string_view json) {
  Result<SchemaPtr> schema = ParseRoot(json);
  if (!schema.ok()) return schema.status().WithContext("schema");
  return schema;
}

std::string FormatSchema(const Schema& schema) { return FormatType(schema); }

std::string FormatType(const DataType& type) {
  JsonWriter json;
  WriteType(json, type);
  return json.Take();
}

}  // namespace deltaic
