#include "iceberg/iceberg_schema.h"

#include <charconv>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "protocol/json.h"
#include "protocol/nested_ids.h"

namespace deltaic {
namespace {

constexpr int kMostDecimalDigits = 38;

constexpr std::pair<std::string_view, TypeId> kSameTypes[] = {{"boolean", TypeId::kBoolean},
                                                              {"int", TypeId::kInteger},
                                                              {"long", TypeId::kLong},
                                                              {"float", TypeId::kFloat},
                                                              {"double", TypeId::kDouble},
                                                              {"date", TypeId::kDate},
                                                              {"timestamp", TypeId::kTimestampNtz},
                                                              {"timestamptz", TypeId::kTimestamp},
                                                              {"string", TypeId::kString},
                                                              {"binary", TypeId::kBinary}};

/// "decimal(9, 2)", or nullptr.
DataTypePtr DecimalOf(std::string_view text) {
  constexpr std::string_view kBegin = "decimal(";
  if (!text.starts_with(kBegin) || !text.ends_with(')')) return nullptr;
  text.remove_prefix(kBegin.size());
  text.remove_suffix(1);
  const size_t comma = text.find(',');
  if (comma == std::string_view::npos) return nullptr;
  const auto number = [](std::string_view digits) {
    while (digits.starts_with(' ')) digits.remove_prefix(1);
    while (digits.ends_with(' ')) digits.remove_suffix(1);
    int out = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc() && end == digits.data() + digits.size() ? out : -1;
  };
  const int precision = number(text.substr(0, comma)), scale = number(text.substr(comma + 1));
  if (precision < 1 || precision > kMostDecimalDigits || scale < 0 || scale > precision) {
    return nullptr;
  }
  return DataType::Decimal(precision, scale);
}

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

bool Flag(const Json& json, std::string_view name) {
  const Json* member = json.Find(name);
  return member != nullptr && member->as_bool() != nullptr && *member->as_bool();
}

class Converter {
 public:
  Result<DataTypePtr> Struct(const Json& json, const std::string& column, int depth);

 private:
  /// What a walk is in: the field that keeps ids of what has no field.
  struct Holder {
    std::string path;  ///< from its physical name
    NestedIds ids;
  };

  Result<DataTypePtr> Type(const Json& json, const std::string& column, int depth);
  Result<DataTypePtr> Primitive(const std::string& text, const std::string& column) const;
  Result<StructField> Field(const Json& json, const std::string& column, int depth);
  Result<int64_t> Id(const Json& json, std::string_view key, const std::string& column);
  /// The type of an element, key or value, whose id goes to the holder.
  Result<DataTypePtr> Child(const Json& json, std::string_view name, const std::string& column,
                            int depth);

  std::set<int64_t> seen_;
  Holder holder_;
  int collections_ = 0;  ///< arrays and maps around
};

Result<int64_t> Converter::Id(const Json& json, std::string_view key, const std::string& column) {
  const Json* member = json.Find(key);
  const auto* id = member == nullptr ? nullptr : std::get_if<int64_t>(&member->value);
  if (id == nullptr || *id < 0 || *id > INT32_MAX || !seen_.insert(*id).second) {
    return Status::Corruption("the Iceberg column ", column, " has no ", key,
                              " of its own that is a field id");
  }
  return *id;
}

Result<DataTypePtr> Converter::Primitive(const std::string& text, const std::string& column) const {
  for (const auto& [name, id] : kSameTypes) {
    if (text == name) return DataType::Primitive(id);
  }
  if (text.starts_with("fixed[")) return DataType::Primitive(TypeId::kBinary);
  if (DataTypePtr decimal = DecimalOf(text)) return decimal;
  return Status::Unsupported("column ", column, " is of Iceberg's type ", text,
                             ", which Delta does not have; write it as another type first");
}

Result<DataTypePtr> Converter::Child(const Json& json, std::string_view name,
                                     const std::string& column, int depth) {
  const Json* type = json.Find(name);
  if (type == nullptr) return Status::Corruption("the Iceberg column ", column, " has no ", name);
  DELTAIC_ASSIGN_OR_RETURN(const int64_t id, Id(json, Concat(name, "-id"), column));
  const std::string outer = holder_.path;
  holder_.path = Concat(outer, '.', name);
  holder_.ids[holder_.path] = id;
  ++collections_;
  auto out = Type(*type, Concat(column, '.', name), depth + 1);
  --collections_;
  holder_.path = outer;
  return out;
}

Result<DataTypePtr> Converter::Type(const Json& json, const std::string& column, int depth) {
  if (depth > kMaxSchemaDepth) {
    return Status::Unsupported("column ", column, " nests deeper than ", kMaxSchemaDepth);
  }
  if (const std::string* text = json.as_text()) return Primitive(*text, column);
  const Json* member = json.Find("type");
  const std::string* kind = member == nullptr ? nullptr : member->as_text();
  if (kind != nullptr && *kind == "struct") return Struct(json, column, depth);
  if (kind != nullptr && *kind == "list") {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr element, Child(json, "element", column, depth));
    return DataType::Array(std::move(element), !Flag(json, "element-required"));
  }
  if (kind != nullptr && *kind == "map") {
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr key, Child(json, "key", column, depth));
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr value, Child(json, "value", column, depth));
    return DataType::Map(std::move(key), std::move(value), !Flag(json, "value-required"));
  }
  return Status::Corruption("the Iceberg column ", column, " has no type");
}

Result<StructField> Converter::Field(const Json& json, const std::string& column, int depth) {
  const Json* name = json.Find("name");
  const Json* type = json.Find("type");
  if (name == nullptr || name->as_text() == nullptr || type == nullptr) {
    return Status::Corruption("a column of the Iceberg schema has no name or type");
  }
  StructField out{.name = *name->as_text(), .type = nullptr};
  const std::string path = column.empty() ? out.name : Concat(column, '.', out.name);
  DELTAIC_ASSIGN_OR_RETURN(const int64_t id, Id(json, "id", path));
  for (const char* key : {"initial-default", "write-default"}) {
    const Json* value = json.Find(key);
    if (value == nullptr || value->is_null()) continue;
    return Status::Unsupported(
        "column ", path, " has a default value (", key,
        "), which its Delta table would not fill in; drop the default first");
  }
  Holder outer = std::exchange(holder_, Holder{.path = out.name, .ids = {}});
  auto made = Type(*type, path, depth + 1);
  const Holder inner = std::exchange(holder_, std::move(outer));
  if (!made.ok()) return made.status();
  out.type = *std::move(made);
  out.nullable = collections_ > 0 || !Flag(json, "required");
  out.metadata[std::string(kColumnMappingIdKey)] = std::to_string(id);
  out.metadata[std::string(kPhysicalNameKey)] = JsonText(out.name);
  if (!inner.ids.empty()) out.metadata[std::string(kNestedIdsKey)] = FormatNestedIds(inner.ids);
  const Json* doc = json.Find("doc");
  if (doc != nullptr && doc->as_text() != nullptr)
    out.metadata["comment"] = JsonText(*doc->as_text());
  return out;
}

Result<DataTypePtr> Converter::Struct(const Json& json, const std::string& column, int depth) {
  const Json* fields = json.Find("fields");
  if (fields == nullptr || fields->as_array() == nullptr) {
    return Status::Corruption("the Iceberg schema has no fields",
                              column.empty() ? "" : Concat(" in ", column));
  }
  std::vector<StructField> out;
  for (const Json& field : *fields->as_array()) {
    DELTAIC_ASSIGN_OR_RETURN(StructField made, Field(field, column, depth));
    out.push_back(std::move(made));
  }
  return DataType::Struct(std::move(out));
}

}  // namespace

Result<SchemaPtr> DeltaSchemaOf(const Json& schema) { return Converter().Struct(schema, "", 0); }

}  // namespace deltaic
