#include "expr/variant_schema.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "expr/common_type.h"
#include "expr/decimal.h"
#include "expr/function_types.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"
#include "protocol/variant.h"

namespace deltaic {
namespace {

DataTypePtr Merge(const DataTypePtr& left, const DataTypePtr& right);

/// Both are in the order of names.
DataTypePtr MergeObjects(const DataType& left, const DataType& right) {
  std::vector<StructField> fields;
  auto a = left.fields().begin();
  auto b = right.fields().begin();
  while (a != left.fields().end() || b != right.fields().end()) {
    if (b == right.fields().end() || (a != left.fields().end() && a->name < b->name)) {
      fields.push_back(*a++);
    } else if (a == left.fields().end() || b->name < a->name) {
      fields.push_back(*b++);
    } else {
      fields.push_back(*a++);
      fields.back().type = Merge(fields.back().type, b++->type);
    }
  }
  return DataType::Struct(std::move(fields));
}

DataTypePtr MergeNumbers(const DataTypePtr& left, const DataTypePtr& right) {
  // A float keeps its type beside whole numbers, unlike in comparisons.
  if (left->id() == TypeId::kFloat && right->id() == TypeId::kLong) return left;
  if (right->id() == TypeId::kFloat && left->id() == TypeId::kLong) return right;
  const DataTypePtr common = CommonType(left, right);
  return common == nullptr ? TypeOf(TypeId::kDouble) : common;
}

DataTypePtr Merge(const DataTypePtr& left, const DataTypePtr& right) {
  const TypeId a = left->id();
  const TypeId b = right->id();
  if (a == TypeId::kVoid) return right;
  if (b == TypeId::kVoid || left->EqualsIgnoringNullability(*right)) return left;
  if (IsNumeric(a) && IsNumeric(b)) return MergeNumbers(left, right);
  if (IsDateTime(a) && IsDateTime(b)) return CommonType(left, right);
  if (a == TypeId::kStruct && b == a) return MergeObjects(*left, *right);
  if (a == TypeId::kArray && b == a) {
    return DataType::Array(Merge(left->element(), right->element()), true);
  }
  return TypeOf(TypeId::kVariant);
}

DataTypePtr DecimalTypeOf(const VariantValue& value) {
  Int128 unscaled = value.unscaled();
  int scale = value.scale();
  while (scale > 0 && unscaled % 10 == 0) {
    unscaled /= 10;
    --scale;
  }
  const int digits = std::max(CountDigits(unscaled), scale);
  return digits > kMaxDecimalDigits ? TypeOf(TypeId::kVariant) : DataType::Decimal(digits, scale);
}

DataTypePtr PrimitiveTypeOf(const VariantValue& value) {
  switch (value.type()) {
    case VariantType::kNull:
      return TypeOf(TypeId::kVoid);
    case VariantType::kBoolean:
      return TypeOf(TypeId::kBoolean);
    case VariantType::kInt8:
    case VariantType::kInt16:
    case VariantType::kInt32:
    case VariantType::kInt64:
      return TypeOf(TypeId::kLong);
    case VariantType::kFloat:
      return TypeOf(TypeId::kFloat);
    case VariantType::kDouble:
      return TypeOf(TypeId::kDouble);
    case VariantType::kDecimal4:
    case VariantType::kDecimal8:
    case VariantType::kDecimal16:
      return DecimalTypeOf(value);
    case VariantType::kDate:
      return TypeOf(TypeId::kDate);
    case VariantType::kTimestamp:
    case VariantType::kTimestampNanos:
      return TypeOf(TypeId::kTimestamp);
    case VariantType::kTimestampNtz:
    case VariantType::kTimestampNtzNanos:
      return TypeOf(TypeId::kTimestampNtz);
    case VariantType::kBinary:
      return TypeOf(TypeId::kBinary);
    case VariantType::kString:
    case VariantType::kUuid:
      return TypeOf(TypeId::kString);
    default:
      return TypeOf(TypeId::kVariant);
  }
}

Result<DataTypePtr> SchemaOf(const VariantMetadata& names, const VariantValue& value, int depth) {
  if (depth > kMaxVariantDepth) {
    return Status::Corruption("a variant nests deeper than ", kMaxVariantDepth);
  }
  const bool is_object = value.type() == VariantType::kObject;
  if (!is_object && value.type() != VariantType::kArray) return PrimitiveTypeOf(value);
  std::vector<StructField> fields;
  DataTypePtr element = TypeOf(TypeId::kVoid);
  VariantMembers members(value);
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const bool more, members.Next());
    if (!more) break;
    DELTAIC_ASSIGN_OR_RETURN(DataTypePtr type, SchemaOf(names, members.value(), depth + 1));
    if (is_object) {
      DELTAIC_ASSIGN_OR_RETURN(const std::string_view name, names.Name(members.field_id()));
      fields.push_back({.name = std::string(name), .type = std::move(type), .nullable = true});
    } else {
      element = Merge(element, type);
    }
  }
  return is_object ? DataType::Struct(std::move(fields)) : DataType::Array(element, true);
}

bool IsWord(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

void AppendName(std::string& out, std::string_view name) {
  if (IsWord(name)) {
    out += name;
    return;
  }
  out.push_back('`');
  for (const char c : name) out.append(c == '`' ? 2 : 1, c);
  out.push_back('`');
}

void AppendText(std::string& out, const DataType& type) {
  if (type.id() == TypeId::kArray) {
    out += "ARRAY<";
    AppendText(out, *type.element());
    out.push_back('>');
  } else if (type.id() == TypeId::kStruct) {
    out += "OBJECT<";
    for (size_t i = 0; i < type.fields().size(); ++i) {
      if (i > 0) out += ", ";
      AppendName(out, type.fields()[i].name);
      out += ": ";
      AppendText(out, *type.fields()[i].type);
    }
    out.push_back('>');
  } else {
    out += SqlTypeName(type);
  }
}

}  // namespace

Result<DataTypePtr> SchemaOfVariant(std::string_view metadata, std::string_view value) {
  DELTAIC_ASSIGN_OR_RETURN(const VariantMetadata names, VariantMetadata::Parse(metadata));
  DELTAIC_ASSIGN_OR_RETURN(const VariantValue root, VariantValue::Parse(value));
  return SchemaOf(names, root, 1);
}

std::string VariantSchemaText(const DataType& type) {
  std::string out;
  AppendText(out, type);
  return out;
}

}  // namespace deltaic
