#include "avro/avro_schema.h"

#include <array>
#include <map>
#include <utility>

#include "expr/decimal.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

constexpr int kMostDepth = 64;
constexpr int64_t kMostTypes = 20000;

constexpr std::pair<std::string_view, AvroKind> kPrimitives[] = {
    {"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean}, {"int", AvroKind::kInt},
    {"long", AvroKind::kLong},   {"float", AvroKind::kFloat},     {"double", AvroKind::kDouble},
    {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};

std::optional<AvroKind> PrimitiveOf(std::string_view name) {
  for (const auto& [known, kind] : kPrimitives) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

std::string_view TextMember(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  const std::string* text = member == nullptr ? nullptr : member->as_text();
  return text == nullptr ? std::string_view() : *text;
}

std::optional<int64_t> IntMember(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  if (member == nullptr) return std::nullopt;
  const auto* number = std::get_if<int64_t>(&member->value);
  return number == nullptr ? std::nullopt : std::optional(*number);
}

std::string FullName(std::string_view name, std::string_view space) {
  if (name.find('.') != std::string_view::npos || space.empty()) return std::string(name);
  return Concat(space, '.', name);
}

/// A type used in many places, by types used in many places, would be a tree without end.
Status AddWeight(const AvroType& of, AvroType& to) {
  to.weight += of.weight;
  if (to.weight <= kMostTypes) return Status();
  return Status::SchemaMismatch("an Avro schema of more than ", kMostTypes, " types");
}

class Parser {
 public:
  Result<AvroTypePtr> Parse(const Json& json, const std::string& space, int depth);

 private:
  Result<AvroTypePtr> Named(const Json& json, std::string_view kind, const std::string& space,
                            int depth);
  Result<AvroTypePtr> Union(const JsonArray& branches, const std::string& space, int depth);
  Result<AvroTypePtr> Object(const Json& json, const std::string& space, int depth);
  Result<AvroTypePtr> Reference(std::string_view name, const std::string& space);
  Status Fields(const Json& json, const std::string& space, int depth, AvroType& out);
  std::map<std::string, AvroTypePtr> types_;  // nullptr: being read
};

Result<AvroTypePtr> Parser::Reference(std::string_view name, const std::string& space) {
  auto found = types_.find(FullName(name, space));
  if (found == types_.end()) found = types_.find(std::string(name));
  if (found == types_.end()) {
    return Status::SchemaMismatch("the Avro schema has no type ", name);
  }
  if (found->second == nullptr) {
    return Status::SchemaMismatch("the Avro type ", found->first,
                                  " contains itself, which columns cannot");
  }
  return found->second;
}

Result<AvroTypePtr> Parser::Parse(const Json& json, const std::string& space, int depth) {
  if (depth > kMostDepth) {
    return Status::SchemaMismatch("an Avro schema nested deeper than ", kMostDepth);
  }
  if (const std::string* name = json.as_text()) {
    const auto primitive = PrimitiveOf(*name);
    if (!primitive) return Reference(*name, space);
    auto out = std::make_shared<AvroType>();
    out->kind = *primitive;
    return AvroTypePtr(std::move(out));
  }
  if (const JsonArray* branches = json.as_array()) return Union(*branches, space, depth);
  if (json.as_object() != nullptr) return Object(json, space, depth);
  return Status::SchemaMismatch("not an Avro schema");
}

Result<AvroTypePtr> Parser::Union(const JsonArray& branches, const std::string& space, int depth) {
  auto out = std::make_shared<AvroType>();
  out->kind = AvroKind::kUnion;
  for (const Json& branch : branches) {
    DELTAIC_ASSIGN_OR_RETURN(AvroTypePtr type, Parse(branch, space, depth + 1));
    if (type->kind == AvroKind::kUnion) {
      return Status::SchemaMismatch("the Avro schema has a union directly in a union");
    }
    DELTAIC_RETURN_IF_ERROR(AddWeight(*type, *out));
    out->children.push_back(std::move(type));
  }
  if (out->children.empty()) return Status::SchemaMismatch("the Avro schema has an empty union");
  return AvroTypePtr(std::move(out));
}

/// Logical types that do not fit what they stand on count for nothing, as the specification says.
void TakeLogical(const Json& json, AvroType& out) {
  const std::string_view name = TextMember(json, "logicalType");
  const bool is_bytes = out.kind == AvroKind::kBytes || out.kind == AvroKind::kFixed;
  if (name == "decimal" && is_bytes) {
    const int64_t precision = IntMember(json, "precision").value_or(0);
    const int64_t scale = IntMember(json, "scale").value_or(0);
    if (precision < 1 || precision > kMaxDecimalDigits || scale < 0 || scale > precision) return;
    out.logical = AvroLogical::kDecimal;
    out.precision = static_cast<int>(precision);
    out.scale = static_cast<int>(scale);
  } else if (name == "uuid") {
    const bool fits =
        out.kind == AvroKind::kString || (out.kind == AvroKind::kFixed && out.size == 16);
    if (fits) out.logical = AvroLogical::kUuid;
  } else if (name == "date" && out.kind == AvroKind::kInt) {
    out.logical = AvroLogical::kDate;
  } else if (out.kind == AvroKind::kLong) {
    constexpr std::pair<std::string_view, AvroLogical> kTimes[] = {
        {"timestamp-millis", AvroLogical::kTimestampMillis},
        {"timestamp-micros", AvroLogical::kTimestampMicros},
        {"timestamp-nanos", AvroLogical::kTimestampNanos},
        {"local-timestamp-millis", AvroLogical::kLocalMillis},
        {"local-timestamp-micros", AvroLogical::kLocalMicros},
        {"local-timestamp-nanos", AvroLogical::kLocalNanos}};
    for (const auto& [known, logical] : kTimes) {
      if (known == name) out.logical = logical;
    }
  }
}

Result<AvroTypePtr> Parser::Object(const Json& json, const std::string& space, int depth) {
  const Json* type = json.Find("type");
  if (type == nullptr) return Status::SchemaMismatch("an Avro type without \"type\"");
  const std::string* kind = type->as_text();
  if (kind == nullptr) return Parse(*type, space, depth + 1);
  if (*kind == "record" || *kind == "error" || *kind == "enum" || *kind == "fixed") {
    return Named(json, *kind, space, depth);
  }
  auto out = std::make_shared<AvroType>();
  if (*kind == "array" || *kind == "map") {
    out->kind = *kind == "array" ? AvroKind::kArray : AvroKind::kMap;
    const Json* item = json.Find(*kind == "array" ? "items" : "values");
    if (item == nullptr) return Status::SchemaMismatch("an Avro ", *kind, " without its items");
    DELTAIC_ASSIGN_OR_RETURN(AvroTypePtr child, Parse(*item, space, depth + 1));
    DELTAIC_RETURN_IF_ERROR(AddWeight(*child, *out));
    out->children.push_back(std::move(child));
    return AvroTypePtr(std::move(out));
  }
  const auto primitive = PrimitiveOf(*kind);
  if (!primitive) return Reference(*kind, space);
  out->kind = *primitive;
  TakeLogical(json, *out);
  return AvroTypePtr(std::move(out));
}

Status Parser::Fields(const Json& json, const std::string& space, int depth, AvroType& out) {
  const Json* fields = json.Find("fields");
  if (fields == nullptr || fields->as_array() == nullptr) {
    return Status::SchemaMismatch("the Avro record ", out.name, " has no fields");
  }
  for (const Json& field : *fields->as_array()) {
    AvroField made;
    made.name = TextMember(field, "name");
    const Json* type = field.Find("type");
    if (made.name.empty() || type == nullptr) {
      return Status::SchemaMismatch("the Avro record ", out.name,
                                    " has a field without name or type");
    }
    const Json* aliases = field.Find("aliases");
    if (aliases != nullptr && aliases->as_array() != nullptr) {
      for (const Json& alias : *aliases->as_array()) {
        if (alias.as_text() != nullptr) made.aliases.push_back(*alias.as_text());
      }
    }
    if (const Json* value = field.Find("default")) made.default_value = *value;
    made.field_id = IntMember(field, "field-id");
    DELTAIC_ASSIGN_OR_RETURN(made.type, Parse(*type, space, depth + 1));
    DELTAIC_RETURN_IF_ERROR(AddWeight(*made.type, out));
    out.fields.push_back(std::move(made));
  }
  return Status();
}

Result<AvroTypePtr> Parser::Named(const Json& json, std::string_view kind, const std::string& space,
                                  int depth) {
  auto out = std::make_shared<AvroType>();
  const std::string_view name = TextMember(json, "name");
  if (name.empty()) return Status::SchemaMismatch("an Avro ", kind, " without a name");
  const Json* given = json.Find("namespace");
  const bool has_space = given != nullptr && given->as_text() != nullptr;
  out->name = FullName(name, has_space ? *given->as_text() : space);
  const size_t dot = out->name.rfind('.');
  const std::string inner = dot == std::string::npos ? std::string() : out->name.substr(0, dot);
  if (!types_.emplace(out->name, nullptr).second) {
    return Status::SchemaMismatch("the Avro schema defines ", out->name, " twice");
  }
  if (kind == "fixed") {
    out->kind = AvroKind::kFixed;
    const auto size = IntMember(json, "size");
    if (!size || *size < 0 || *size > (int64_t{1} << 30)) {
      return Status::SchemaMismatch("the Avro type ", out->name, " has no size");
    }
    out->size = *size;
    TakeLogical(json, *out);
  } else if (kind == "enum") {
    out->kind = AvroKind::kEnum;
    const Json* symbols = json.Find("symbols");
    if (symbols == nullptr || symbols->as_array() == nullptr) {
      return Status::SchemaMismatch("the Avro enum ", out->name, " has no symbols");
    }
    for (const Json& symbol : *symbols->as_array()) {
      if (symbol.as_text() == nullptr) {
        return Status::SchemaMismatch("the Avro enum ", out->name, " has a symbol that is no text");
      }
      out->symbols.push_back(*symbol.as_text());
    }
    if (const auto value = TextMember(json, "default"); !value.empty()) out->default_symbol = value;
  } else {
    out->kind = AvroKind::kRecord;
    DELTAIC_RETURN_IF_ERROR(Fields(json, inner, depth, *out));
  }
  types_[out->name] = out;
  return AvroTypePtr(std::move(out));
}

void WriteCanonical(const AvroType& type, std::vector<std::string>& seen, JsonWriter& json) {
  for (const auto& [name, kind] : kPrimitives) {
    if (kind == type.kind) {
      json.String(name);
      return;
    }
  }
  if (type.kind == AvroKind::kUnion) {
    json.BeginArray();
    for (const AvroTypePtr& branch : type.children) WriteCanonical(*branch, seen, json);
    json.EndArray();
    return;
  }
  if (type.kind == AvroKind::kArray || type.kind == AvroKind::kMap) {
    const bool is_array = type.kind == AvroKind::kArray;
    json.BeginObject().Key("type").String(is_array ? "array" : "map");
    json.Key(is_array ? "items" : "values");
    WriteCanonical(*type.children[0], seen, json);
    json.EndObject();
    return;
  }
  for (const std::string& name : seen) {
    if (name == type.name) {
      json.String(name);
      return;
    }
  }
  seen.push_back(type.name);
  json.BeginObject().Key("name").String(type.name).Key("type");
  if (type.kind == AvroKind::kFixed) {
    json.String("fixed").Key("size").Int(type.size);
  } else if (type.kind == AvroKind::kEnum) {
    json.String("enum").Key("symbols").BeginArray();
    for (const std::string& symbol : type.symbols) json.String(symbol);
    json.EndArray();
  } else {
    json.String("record").Key("fields").BeginArray();
    for (const AvroField& field : type.fields) {
      json.BeginObject().Key("name").String(field.name).Key("type");
      WriteCanonical(*field.type, seen, json);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
}

Result<DataTypePtr> UnionType(const AvroType& type) {
  std::vector<StructField> members;
  int widest = 0;  // of int, long, float, double
  bool numbers = true;
  for (size_t i = 0; i < type.children.size(); ++i) {
    const AvroType& branch = *type.children[i];
    if (branch.kind == AvroKind::kNull) continue;
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr made, DeltaTypeOf(branch));
    const bool is_number = branch.kind >= AvroKind::kInt && branch.kind <= AvroKind::kDouble &&
                           branch.logical == AvroLogical::kNone;
    numbers = numbers && is_number;
    widest = std::max(widest, static_cast<int>(branch.kind));
    members.push_back({.name = Concat("member", members.size()), .type = std::move(made)});
  }
  if (members.empty()) return Status::SchemaMismatch("an Avro union of nothing but null");
  if (members.size() == 1) return members[0].type;
  if (!numbers) return DataType::Struct(std::move(members));
  return DataType::Primitive(widest >= static_cast<int>(AvroKind::kFloat) ? TypeId::kDouble
                                                                          : TypeId::kLong);
}

Result<DataTypePtr> PlainType(const AvroType& type) {
  switch (type.kind) {
    case AvroKind::kBoolean:
      return DataType::Primitive(TypeId::kBoolean);
    case AvroKind::kInt:
      return DataType::Primitive(TypeId::kInteger);
    case AvroKind::kLong:
      return DataType::Primitive(TypeId::kLong);
    case AvroKind::kFloat:
      return DataType::Primitive(TypeId::kFloat);
    case AvroKind::kDouble:
      return DataType::Primitive(TypeId::kDouble);
    case AvroKind::kString:
    case AvroKind::kEnum:
      return DataType::Primitive(TypeId::kString);
    case AvroKind::kBytes:
    case AvroKind::kFixed:
      return DataType::Primitive(TypeId::kBinary);
    default:
      return Status::SchemaMismatch("an Avro field of type null alone");
  }
}

}  // namespace

Result<AvroTypePtr> ParseAvroSchema(std::string_view text, const std::vector<std::string>& named) {
  Parser parser;
  for (const std::string& other : named) {
    Result<Json> json = ParseJson(other);
    if (!json.ok()) return Status::SchemaMismatch("not an Avro schema: ", json.status().message());
    DELTAIC_RETURN_IF_ERROR(parser.Parse(*json, "", 0).status());
  }
  Result<Json> json = ParseJson(text);
  if (!json.ok()) return Status::SchemaMismatch("not an Avro schema: ", json.status().message());
  return parser.Parse(*json, "", 0);
}

std::string CanonicalAvroSchema(const AvroType& type) {
  JsonWriter json;
  std::vector<std::string> seen;
  WriteCanonical(type, seen, json);
  return json.Take();
}

uint64_t AvroFingerprint(std::string_view canonical) {
  constexpr uint64_t kEmpty = 0xc15d213aa4d7a795ULL;
  constexpr auto kTable = [] {
    std::array<uint64_t, 256> table{};
    for (uint64_t i = 0; i < table.size(); ++i) {
      uint64_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (kEmpty & (0 - (value & 1)));
      table[i] = value;
    }
    return table;
  }();
  uint64_t out = kEmpty;
  for (const char c : canonical) {
    out = (out >> 8) ^ kTable[(out ^ static_cast<unsigned char>(c)) & 0xFF];
  }
  return out;
}

Result<DataTypePtr> DeltaTypeOf(const AvroType& type) {
  switch (type.logical) {
    case AvroLogical::kDecimal:
      return DataType::Decimal(type.precision, type.scale);
    case AvroLogical::kUuid:
      return DataType::Primitive(TypeId::kString);
    case AvroLogical::kDate:
      return DataType::Primitive(TypeId::kDate);
    case AvroLogical::kTimestampMillis:
    case AvroLogical::kTimestampMicros:
    case AvroLogical::kTimestampNanos:
      return DataType::Primitive(TypeId::kTimestamp);
    case AvroLogical::kLocalMillis:
    case AvroLogical::kLocalMicros:
    case AvroLogical::kLocalNanos:
      return DataType::Primitive(TypeId::kTimestampNtz);
    case AvroLogical::kNone:
      break;
  }
  if (type.kind == AvroKind::kUnion) return UnionType(type);
  if (type.kind == AvroKind::kArray || type.kind == AvroKind::kMap) {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr child, DeltaTypeOf(*type.children[0]));
    if (type.kind == AvroKind::kArray) return DataType::Array(std::move(child), true);
    return DataType::Map(DataType::Primitive(TypeId::kString), std::move(child), true);
  }
  if (type.kind != AvroKind::kRecord) return PlainType(type);
  std::vector<StructField> fields;
  for (const AvroField& field : type.fields) {
    if (field.type->kind == AvroKind::kNull) continue;  // nothing is in it
    Result<DataTypePtr> made = DeltaTypeOf(*field.type);
    if (!made.ok()) return made.status().WithContext(field.name);
    fields.push_back({.name = field.name, .type = *std::move(made)});
  }
  if (fields.empty()) {
    return Status::SchemaMismatch("the Avro record ", type.name, " has no fields");
  }
  return DataType::Struct(std::move(fields));
}

}  // namespace deltaic
