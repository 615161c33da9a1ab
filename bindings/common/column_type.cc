#include "common/column_type.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace deltaic_rows {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::string_view kExtensionKey = "ARROW:extension:name";
constexpr std::string_view kVariantName = "arrow.parquet.variant";

bool BeginsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

int32_t ReadInt32(const char* at) {
  int32_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// The value of `key` in a field's metadata; empty where it has none.
std::string_view MetadataValue(const char* metadata, std::string_view key) {
  if (metadata == nullptr) return {};
  const int32_t pairs = ReadInt32(metadata);
  const char* at = metadata + sizeof(int32_t);
  const auto next = [&at] {
    const int32_t length = ReadInt32(at);
    const std::string_view text(at + sizeof(int32_t), static_cast<size_t>(length));
    at += sizeof(int32_t) + static_cast<size_t>(length);
    return text;
  };
  for (int32_t i = 0; i < pairs; ++i) {
    const std::string_view found = next();
    const std::string_view value = next();
    if (found == key) return value;
  }
  return {};
}

[[noreturn]] void Refuse(const ArrowSchema& schema) {
  throw UnsupportedType("column " + std::string(schema.name == nullptr ? "" : schema.name) +
                        ": rows cannot hold the Arrow type \"" + schema.format + "\"");
}

struct SimpleFormat {
  char format;
  Kind kind;
  Layout layout;
  int byte_width;
  bool is_signed;
};
constexpr SimpleFormat kSimpleFormats[] = {
    {'n', Kind::kNull, Layout::kNone, 0, true},
    {'b', Kind::kBoolean, Layout::kBits, 0, true},
    {'c', Kind::kInteger, Layout::kFixed, 1, true},
    {'C', Kind::kInteger, Layout::kFixed, 1, false},
    {'s', Kind::kInteger, Layout::kFixed, 2, true},
    {'S', Kind::kInteger, Layout::kFixed, 2, false},
    {'i', Kind::kInteger, Layout::kFixed, 4, true},
    {'I', Kind::kInteger, Layout::kFixed, 4, false},
    {'l', Kind::kInteger, Layout::kFixed, 8, true},
    {'L', Kind::kInteger, Layout::kFixed, 8, false},
    {'f', Kind::kFloat, Layout::kFixed, 4, true},
    {'g', Kind::kFloat, Layout::kFixed, 8, true},
    {'u', Kind::kText, Layout::kOffsets32, 0, true},
    {'U', Kind::kText, Layout::kOffsets64, 0, true},
    {'z', Kind::kBinary, Layout::kOffsets32, 0, true},
    {'Z', Kind::kBinary, Layout::kOffsets64, 0, true},
};

bool ParseSimple(std::string_view format, ColumnType* type) {
  if (format.size() != 1) return false;
  for (const SimpleFormat& simple : kSimpleFormats) {
    if (simple.format != format[0]) continue;
    type->kind = simple.kind;
    type->layout = simple.layout;
    type->byte_width = simple.byte_width;
    type->is_signed = simple.is_signed;
    return true;
  }
  return false;
}

/// "d:10,2" or "d:10,2,64".
bool ParseDecimal(const char* format, ColumnType* type) {
  char* end = nullptr;
  type->precision = static_cast<int>(std::strtol(format + 2, &end, 10));
  if (*end != ',') return false;
  type->scale = static_cast<int>(std::strtol(end + 1, &end, 10));
  const long bits = *end == ',' ? std::strtol(end + 1, &end, 10) : 128;
  if (*end != '\0' || bits > 128 || bits % 32 != 0 || bits < 32) return false;
  if (type->precision < 1 || type->precision > 38) return false;
  if (type->scale < 0 || type->scale > type->precision) return false;
  type->kind = Kind::kDecimal;
  type->layout = Layout::kFixed;
  type->byte_width = static_cast<int>(bits / 8);
  return true;
}

bool ParseTimestamp(std::string_view format, ColumnType* type) {
  if (format.size() < 4 || format[3] != ':') return false;
  if (std::strchr("smun", format[2]) == nullptr) return false;
  type->unit = format[2];
  type->kind = format.size() > 4 ? Kind::kTimestamp : Kind::kTimestampNtz;
  type->layout = Layout::kFixed;
  type->byte_width = 8;
  return true;
}

bool ParseLeaf(const char* text, ColumnType* type) {
  const std::string_view format(text);
  if (ParseSimple(format, type)) return true;
  if (BeginsWith(format, "d:")) return ParseDecimal(text, type);
  if (BeginsWith(format, "ts")) return ParseTimestamp(format, type);
  if (format == "tdD") {
    type->kind = Kind::kDate;
    type->layout = Layout::kFixed;
    type->byte_width = 4;
    return true;
  }
  if (format == "vu" || format == "vz") {
    type->kind = format == "vu" ? Kind::kText : Kind::kBinary;
    type->layout = Layout::kViews;
    return true;
  }
  return false;
}

ColumnType Parse(const ArrowSchema& schema, int depth);

bool ParseNested(const ArrowSchema& schema, int depth, ColumnType* type) {
  const std::string_view format(schema.format);
  const ArrowSchema* parent = &schema;
  if (format == "+l" || format == "+L") {
    if (schema.n_children != 1) return false;
    type->kind = Kind::kList;
    type->layout = format == "+l" ? Layout::kOffsets32 : Layout::kOffsets64;
  } else if (format == "+m") {
    if (schema.n_children != 1 || schema.children[0]->n_children != 2) return false;
    parent = schema.children[0];
    type->kind = Kind::kMap;
    type->layout = Layout::kOffsets32;
  } else if (format == "+s") {
    type->kind = Kind::kStruct;
    type->layout = Layout::kMembers;
  } else {
    return false;
  }
  for (int64_t i = 0; i < parent->n_children; ++i) {
    type->children.push_back(Parse(*parent->children[i], depth + 1));
  }
  if (MetadataValue(schema.metadata, kExtensionKey) == kVariantName &&
      type->kind == Kind::kStruct && type->children.size() == 2) {
    type->kind = Kind::kVariant;
  }
  return true;
}

ColumnType Parse(const ArrowSchema& schema, int depth) {
  if (depth > kMaxDepth) throw UnsupportedType("the columns are nested more than 100 levels deep");
  ColumnType type;
  if (schema.dictionary != nullptr) {
    ColumnType index;
    if (!ParseLeaf(schema.format, &index) || index.kind != Kind::kInteger) Refuse(schema);
    type = Parse(*schema.dictionary, depth + 1);
    type.index_width = index.byte_width;
    type.index_signed = index.is_signed;
  } else if (!ParseLeaf(schema.format, &type) && !ParseNested(schema, depth, &type)) {
    Refuse(schema);
  }
  type.name = schema.name == nullptr ? "" : schema.name;
  type.nullable = (schema.flags & ARROW_FLAG_NULLABLE) != 0;
  return type;
}

/// What an ArrowSchema that we made keeps alive.
struct OwnedSchema {
  std::string format;
  std::string name;
  std::string metadata;
  std::vector<std::unique_ptr<ArrowSchema>> children;
  std::vector<ArrowSchema*> pointers;
  ~OwnedSchema() {
    for (const auto& child : children) {
      if (child->release != nullptr) child->release(child.get());
    }
  }
};

void ReleaseSchema(ArrowSchema* schema) {
  delete static_cast<OwnedSchema*>(schema->private_data);
  schema->release = nullptr;
}

std::string FormatOf(const ColumnType& type) {
  switch (type.kind) {
    case Kind::kDecimal:
      return "d:" + std::to_string(type.precision) + "," + std::to_string(type.scale);
    case Kind::kDate:
      return "tdD";
    case Kind::kTimestamp:
      return "tsu:UTC";
    case Kind::kTimestampNtz:
      return "tsu:";
    case Kind::kList:
      return "+l";
    case Kind::kMap:
      return "+m";
    case Kind::kStruct:
    case Kind::kVariant:
      return "+s";
    default:
      break;
  }
  for (const SimpleFormat& simple : kSimpleFormats) {
    if (simple.kind == type.kind && simple.layout == type.layout &&
        simple.byte_width == type.byte_width && simple.is_signed == type.is_signed) {
      return std::string(1, simple.format);
    }
  }
  throw UnsupportedType("column " + type.name + ": its layout cannot be built");
}

void AppendText(std::string_view text, std::string* out) {
  const auto length = static_cast<int32_t>(text.size());
  out->append(reinterpret_cast<const char*>(&length), sizeof length);
  out->append(text);
}

std::string VariantMetadata() {
  std::string out;
  const int32_t pairs = 1;
  out.append(reinterpret_cast<const char*>(&pairs), sizeof pairs);
  AppendText(kExtensionKey, &out);
  AppendText(kVariantName, &out);
  return out;
}

ColumnType EntriesOf(const ColumnType& map) {
  ColumnType entries;
  entries.name = "entries";
  entries.kind = Kind::kStruct;
  entries.layout = Layout::kMembers;
  entries.nullable = false;
  entries.children = map.children;
  entries.children[0].nullable = false;
  return entries;
}

}  // namespace

ColumnType ParseSchema(const ArrowSchema& schema) { return Parse(schema, 0); }

ColumnType BuildableType(const ColumnType& type) {
  ColumnType out = type;
  out.index_width = 0;
  if (out.layout == Layout::kOffsets64 || out.layout == Layout::kViews) {
    out.layout = Layout::kOffsets32;
  }
  if (out.kind == Kind::kDecimal) out.byte_width = 16;
  out.unit = 'u';
  for (ColumnType& child : out.children) child = BuildableType(child);
  return out;
}

void MakeSchema(const ColumnType& type, ArrowSchema* out) {
  auto owned = std::make_unique<OwnedSchema>();
  owned->format = FormatOf(type);
  owned->name = type.name;
  if (type.kind == Kind::kVariant) owned->metadata = VariantMetadata();
  const std::vector<ColumnType> members =
      type.kind == Kind::kMap ? std::vector<ColumnType>{EntriesOf(type)} : type.children;
  for (const ColumnType& member : members) {
    owned->children.push_back(std::make_unique<ArrowSchema>());
    MakeSchema(member, owned->children.back().get());
    owned->pointers.push_back(owned->children.back().get());
  }
  *out = {};
  out->format = owned->format.c_str();
  out->name = owned->name.c_str();
  out->metadata = owned->metadata.empty() ? nullptr : owned->metadata.data();
  out->flags = type.nullable ? ARROW_FLAG_NULLABLE : 0;
  out->n_children = static_cast<int64_t>(owned->pointers.size());
  out->children = owned->pointers.data();
  out->release = &ReleaseSchema;
  out->private_data = owned.release();
}

std::string TypeText(const ColumnType& type) {
  switch (type.kind) {
    case Kind::kNull:
      return "void";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kInteger:
      return type.byte_width == 1   ? "byte"
             : type.byte_width == 2 ? "short"
             : type.byte_width == 4 ? "integer"
                                    : "long";
    case Kind::kFloat:
      return type.byte_width == 4 ? "float" : "double";
    case Kind::kDecimal:
      return "decimal(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case Kind::kText:
      return "string";
    case Kind::kBinary:
      return "binary";
    case Kind::kDate:
      return "date";
    case Kind::kTimestamp:
      return "timestamp";
    case Kind::kTimestampNtz:
      return "timestamp_ntz";
    case Kind::kList:
      return "array<" + TypeText(type.children[0]) + ">";
    case Kind::kMap:
      return "map<" + TypeText(type.children[0]) + "," + TypeText(type.children[1]) + ">";
    case Kind::kVariant:
      return "variant";
    case Kind::kStruct:
      break;
  }
  std::string out = "struct<";
  for (const ColumnType& child : type.children) {
    if (out.back() != '<') out += ",";
    out += child.name + ":" + TypeText(child);
  }
  return out + ">";
}

}  // namespace deltaic_rows
