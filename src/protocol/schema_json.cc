#include "protocol/schema_json.h"

#include <simdjson.h>

#include <charconv>
#include <optional>
#include <unordered_set>
#include <utility>

#include "base/ascii.h"
#include "protocol/compact_json.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

namespace ondemand = simdjson::ondemand;

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

// Scalars --------------------------------------------------------------------------------------

Result<std::string> ReadString(ondemand::value value, std::string_view what) {
  ondemand::json_type type;
  DELTAIC_RETURN_IF_JSON_ERROR(value.type().get(type));
  if (type != ondemand::json_type::string) return Status::Corruption(what, " is not a text");
  std::string_view text;
  DELTAIC_RETURN_IF_JSON_ERROR(value.get_string().get(text));
  return std::string(text);
}

Result<bool> ReadBool(ondemand::value value, std::string_view what) {
  DELTAIC_ASSIGN_OR_RETURN(const std::string_view token, ReadJsonLiteral(value));
  if (token == "true") return true;
  if (token == "false") return false;
  return Status::Corruption(what, " is neither true nor false");
}

/// Reads past a value that means nothing here; what is skipped must be JSON all the same.
Status Skip(ondemand::value value) {
  std::string ignored;
  return AppendCompactJson(ignored, value, 0);
}

// Types ----------------------------------------------------------------------------------------

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

Result<DataTypePtr> ParseType(ondemand::value json, int depth);

Status ParseMetadata(ondemand::value json, std::map<std::string, std::string>& metadata) {
  ondemand::json_type type;
  DELTAIC_RETURN_IF_JSON_ERROR(json.type().get(type));
  if (type == ondemand::json_type::null) return Skip(json);
  if (type != ondemand::json_type::object) return Status::Corruption("metadata is not an object");
  ondemand::object object;
  DELTAIC_RETURN_IF_JSON_ERROR(json.get_object().get(object));
  for (auto item : object) {
    ondemand::field entry;
    DELTAIC_RETURN_IF_JSON_ERROR(std::move(item).get(entry));
    std::string_view key;
    DELTAIC_RETURN_IF_JSON_ERROR(entry.unescaped_key().get(key));
    std::string& text = metadata[std::string(key)];
    text.clear();
    DELTAIC_RETURN_IF_ERROR(AppendCompactJson(text, entry.value(), 0));
  }
  return Status();
}

Status ParseFieldMember(std::string_view key, ondemand::value json, int depth, StructField& field,
                        bool& has_name) {
  if (key == "name") {
    DELTAIC_ASSIGN_OR_RETURN(field.name, ReadString(json, "name"));
    has_name = true;
  } else if (key == "type") {
    DELTAIC_ASSIGN_OR_RETURN(field.type, ParseType(json, depth));
  } else if (key == "nullable") {
    DELTAIC_ASSIGN_OR_RETURN(field.nullable, ReadBool(json, "nullable"));
  } else if (key == "metadata") {
    return ParseMetadata(json, field.metadata);
  } else {
    return Skip(json);
  }
  return Status();
}

Result<StructField> ParseField(ondemand::value json, size_t position, int depth) {
  ondemand::object object;
  DELTAIC_RETURN_IF_JSON_ERROR(json.get_object().get(object));
  StructField field;
  bool has_name = false;
  const auto context = [&] {
    return has_name ? Concat("column '", field.name, "'") : Concat("column number ", position + 1);
  };
  for (auto item : object) {
    ondemand::field member;
    DELTAIC_RETURN_IF_JSON_ERROR(std::move(item).get(member));
    std::string_view key;
    DELTAIC_RETURN_IF_JSON_ERROR(member.unescaped_key().get(key));
    const Status status = ParseFieldMember(key, member.value(), depth, field, has_name);
    if (!status.ok()) return status.WithContext(context());
  }
  if (!has_name) return Status::Corruption(context(), " has no name");
  if (!field.type) return Status::Corruption(context(), " has no type");
  return field;
}

Result<std::vector<StructField>> ParseFields(ondemand::value json, int depth) {
  ondemand::array array;
  DELTAIC_RETURN_IF_JSON_ERROR(json.get_array().get(array));
  std::vector<StructField> fields;
  std::unordered_set<std::string> names;
  for (auto item : array) {
    ondemand::value element;
    DELTAIC_RETURN_IF_JSON_ERROR(std::move(item).get(element));
    DELTAIC_ASSIGN_OR_RETURN(StructField field, ParseField(element, fields.size(), depth));
    if (!names.insert(AsciiLower(field.name)).second) {
      return Status::Corruption("column name '", field.name,
                                "' occurs twice (names are compared ignoring case)");
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Status ParseTypeMember(std::string_view key, ondemand::value json, int depth, TypeMembers& out) {
  if (key == "type") {
    DELTAIC_ASSIGN_OR_RETURN(out.type, ReadString(json, "type of a nested type"));
  } else if (key == "fields") {
    DELTAIC_ASSIGN_OR_RETURN(out.fields, ParseFields(json, depth + 1));
  } else if (key == "elementType") {
    DELTAIC_ASSIGN_OR_RETURN(out.element, ParseType(json, depth + 1));
  } else if (key == "keyType") {
    DELTAIC_ASSIGN_OR_RETURN(out.key, ParseType(json, depth + 1));
  } else if (key == "valueType") {
    DELTAIC_ASSIGN_OR_RETURN(out.value, ParseType(json, depth + 1));
  } else if (key == "containsNull") {
    DELTAIC_ASSIGN_OR_RETURN(out.contains_null, ReadBool(json, key));
  } else if (key == "valueContainsNull") {
    DELTAIC_ASSIGN_OR_RETURN(out.value_contains_null, ReadBool(json, key));
  } else {
    return Skip(json);
  }
  return Status();
}

Result<DataTypePtr> ParseTypeObject(ondemand::object object, int depth) {
  TypeMembers members;
  for (auto item : object) {
    ondemand::field member;
    DELTAIC_RETURN_IF_JSON_ERROR(std::move(item).get(member));
    std::string_view key;
    DELTAIC_RETURN_IF_JSON_ERROR(member.unescaped_key().get(key));
    DELTAIC_RETURN_IF_ERROR(ParseTypeMember(key, member.value(), depth, members));
  }
  return MakeNested(std::move(members));
}

/// `depth` counts the types around this one.
Result<DataTypePtr> ParseType(ondemand::value json, int depth) {
  if (depth >= kMaxSchemaDepth) {
    return Status::Corruption("types nest deeper than ", kMaxSchemaDepth, " levels");
  }
  ondemand::json_type type;
  DELTAIC_RETURN_IF_JSON_ERROR(json.type().get(type));
  if (type != ondemand::json_type::object) {
    DELTAIC_ASSIGN_OR_RETURN(const std::string name, ReadString(json, "type"));
    return MakePrimitive(name);
  }
  ondemand::object object;
  DELTAIC_RETURN_IF_JSON_ERROR(json.get_object().get(object));
  return ParseTypeObject(object, depth);
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
  const simdjson::padded_string padded(json);
  ondemand::parser parser;
  ondemand::document document;
  DELTAIC_RETURN_IF_JSON_ERROR(parser.iterate(padded).get(document));
  ondemand::object root;
  const simdjson::error_code error = document.get_object().get(root);
  if (error == simdjson::INCORRECT_TYPE) return Status::Corruption("schema is not a JSON object");
  DELTAIC_RETURN_IF_JSON_ERROR(error);
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, ParseTypeObject(root, 0));
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    return Status::Corruption("schema is not valid JSON: something follows its end");
  }
  if (schema->id() != TypeId::kStruct) return Status::Corruption("schema is not a struct");
  return schema;
}

std::string FormatSchema(const Schema& schema) { return FormatType(schema); }

std::string FormatType(const DataType& type) {
  JsonWriter json;
  WriteType(json, type);
  return json.Take();
}

}  // namespace deltaic
