#include "expr/variant_cast.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "base/uuid.h"
#include "expr/calendar.h"
#include "expr/decimal.h"
#include "expr/function_types.h"
#include "expr/value_cast.h"
#include "protocol/variant_json.h"

namespace deltaic {
namespace {

struct TypedValue {
  Value value;
  DataTypePtr type;
};

TypedValue Whole(int64_t value, TypeId type) { return {value, TypeOf(type)}; }

/// What a variant of a primitive type holds; nullopt for one that no column has.
std::optional<TypedValue> ContentOf(const VariantValue& variant) {
  constexpr int64_t kNanosPerMicro = 1000;
  switch (variant.type()) {
    case VariantType::kBoolean:
      return TypedValue{variant.boolean(), TypeOf(TypeId::kBoolean)};
    case VariantType::kInt8:
    case VariantType::kInt16:
    case VariantType::kInt32:
    case VariantType::kInt64:
      return Whole(variant.integer(), TypeId::kLong);
    case VariantType::kFloat:
      return TypedValue{variant.number(), TypeOf(TypeId::kFloat)};
    case VariantType::kDouble:
      return TypedValue{variant.number(), TypeOf(TypeId::kDouble)};
    case VariantType::kDecimal4:
    case VariantType::kDecimal8:
    case VariantType::kDecimal16: {
      const int digits = CountDigits(variant.unscaled());
      if (digits > kMaxDecimalDigits) return std::nullopt;
      return TypedValue{variant.unscaled(),
                        DataType::Decimal(std::max(digits, variant.scale()), variant.scale())};
    }
    case VariantType::kDate:
      return Whole(variant.integer(), TypeId::kDate);
    case VariantType::kTimestamp:
      return Whole(variant.integer(), TypeId::kTimestamp);
    case VariantType::kTimestampNtz:
      return Whole(variant.integer(), TypeId::kTimestampNtz);
    case VariantType::kTimestampNanos:
      return Whole(FloorDivide(variant.integer(), kNanosPerMicro), TypeId::kTimestamp);
    case VariantType::kTimestampNtzNanos:
      return Whole(FloorDivide(variant.integer(), kNanosPerMicro), TypeId::kTimestampNtz);
    case VariantType::kString:
      return TypedValue{std::string(variant.content()), TypeOf(TypeId::kString)};
    case VariantType::kBinary:
      return TypedValue{std::string(variant.content()), TypeOf(TypeId::kBinary)};
    case VariantType::kUuid: {
      UuidBytes uuid;
      std::memcpy(uuid.data(), variant.content().data(), uuid.size());
      return TypedValue{FormatUuid(uuid), TypeOf(TypeId::kString)};
    }
    default:
      return std::nullopt;
  }
}

bool IsDecimal(VariantType type) {
  return type == VariantType::kDecimal4 || type == VariantType::kDecimal8 ||
         type == VariantType::kDecimal16;
}

}  // namespace

Result<std::optional<Value>> CastVariant(std::string_view metadata, const VariantValue& variant,
                                         const DataType& to, const TimeZone* zone) {
  std::optional<Value> out;
  const bool nested =
      variant.type() == VariantType::kObject || variant.type() == VariantType::kArray;
  if (variant.type() == VariantType::kNull) {
    out.emplace();
  } else if (nested && to.id() == TypeId::kString) {
    std::string json;
    DELTAIC_RETURN_IF_ERROR(AppendVariantJson(json, metadata, variant.bytes(), zone));
    out = std::move(json);
  } else if (IsDecimal(variant.type()) && to.id() == TypeId::kString) {
    out = VariantDecimalText(variant);
  } else if (const auto content = ContentOf(variant)) {
    auto cast = CastValue(content->value, *content->type, to, zone);
    if (cast.ok()) out = *std::move(cast);
  }
  return out;
}

}  // namespace deltaic
