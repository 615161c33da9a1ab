#include "expr/common_type.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "expr/decimal.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

/// Position in byte < short < integer < long.
int IntegerRank(TypeId id) {
  switch (id) {
    case TypeId::kByte:
      return 0;
    case TypeId::kShort:
      return 1;
    case TypeId::kInteger:
      return 2;
    default:
      return 3;
  }
}

/// The decimal that holds every value of an integer type.
DataTypePtr AsDecimal(const DataTypePtr& type) {
  static constexpr int kDigits[] = {3, 5, 10, 20};
  if (type->id() == TypeId::kDecimal) return type;
  return DataType::Decimal(kDigits[IntegerRank(type->id())], 0);
}

DataTypePtr CommonDecimal(const DataType& left, const DataType& right) {
  const int whole = std::max(left.precision() - left.scale(), right.precision() - right.scale());
  const int scale = std::max(left.scale(), right.scale());
  if (whole + scale > kMaxDecimalDigits) return nullptr;
  return DataType::Decimal(whole + scale, scale);
}

DataTypePtr CommonNumber(const DataTypePtr& left, const DataTypePtr& right) {
  if (IsFloatingPoint(left->id()) || IsFloatingPoint(right->id())) {
    return DataType::Primitive(TypeId::kDouble);
  }
  if (IsInteger(left->id()) && IsInteger(right->id())) {
    return IntegerRank(left->id()) >= IntegerRank(right->id()) ? left : right;
  }
  return CommonDecimal(*AsDecimal(left), *AsDecimal(right));
}

/// Doubles below this tell every long apart: long -> double is one to one around them.
constexpr double kExactDouble = 9007199254740992.0;  // 2^53

std::optional<Value> ExactInteger(const Value& value, const DataType& from, TypeId to) {
  Int128 whole = 0;
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    whole = *integer;
  } else if (const auto* decimal = std::get_if<Int128>(&value)) {
    const std::optional<Int128> rescaled = RescaleExactly(*decimal, from.scale(), 0);
    if (!rescaled) return std::nullopt;
    whole = *rescaled;
  } else {
    const double real = std::get<double>(value);
    if (!(std::abs(real) < kExactDouble) || std::trunc(real) != real) return std::nullopt;
    whole = static_cast<int64_t>(real);
  }
  if (!FitsInteger(whole, to)) return std::nullopt;
  return static_cast<int64_t>(whole);
}

std::optional<Value> ExactDecimal(const Value& value, const DataType& from, const DataType& to) {
  std::optional<Int128> rescaled;
  if (const auto* integer = std::get_if<int64_t>(&value)) {
    rescaled = RescaleExactly(*integer, 0, to.scale());
  } else if (const auto* decimal = std::get_if<Int128>(&value)) {
    rescaled = RescaleExactly(*decimal, from.scale(), to.scale());
  }
  if (!rescaled || !FitsPrecision(*rescaled, to.precision())) return std::nullopt;
  return *rescaled;
}

/// A float column is compared as double, so a literal may become a float only if that loses
/// nothing.
std::optional<Value> ExactFloat(const Value& value, const DataType& from) {
  const Result<Value> as_double = CastValue(value, from, *DataType::Primitive(TypeId::kDouble));
  if (!as_double.ok()) return std::nullopt;
  const double real = std::get<double>(*as_double);
  const Result<Value> as_float = CastValue(*as_double, *DataType::Primitive(TypeId::kDouble),
                                           *DataType::Primitive(TypeId::kFloat));
  if (!as_float.ok()) return std::nullopt;
  const bool same = std::isnan(real) || std::get<double>(*as_float) == real;
  return same ? std::optional<Value>(*as_float) : std::nullopt;
}

}  // namespace

bool IsComparable(TypeId id) {
  return IsNumeric(id) || IsDateTime(id) || id == TypeId::kString || id == TypeId::kBinary ||
         id == TypeId::kBoolean;
}

DataTypePtr CommonType(const DataTypePtr& left, const DataTypePtr& right) {
  if (left->id() == TypeId::kVoid) return right;
  if (right->id() == TypeId::kVoid) return left;
  if (!IsComparable(left->id()) || !IsComparable(right->id())) return nullptr;
  if (left->EqualsIgnoringNullability(*right)) return left;
  if (IsNumeric(left->id()) && IsNumeric(right->id())) return CommonNumber(left, right);
  if (IsDateTime(left->id()) && IsDateTime(right->id())) {
    const bool zoned = left->id() == TypeId::kTimestamp || right->id() == TypeId::kTimestamp;
    return DataType::Primitive(zoned ? TypeId::kTimestamp : TypeId::kTimestampNtz);
  }
  return nullptr;
}

std::optional<Value> ConvertLiteralExactly(const Value& value, const DataType& from,
                                           const DataType& to, const TimeZone* zone) {
  if (from.EqualsIgnoringNullability(to)) return value;
  if (IsNumeric(from.id()) && IsInteger(to.id())) return ExactInteger(value, from, to.id());
  if (IsNumeric(from.id()) && to.id() == TypeId::kDecimal) return ExactDecimal(value, from, to);
  if (IsNumeric(from.id()) && to.id() == TypeId::kFloat) return ExactFloat(value, from);
  if (IsDateTime(from.id()) && to.id() == TypeId::kDate) {
    // Only midnight falls together with a date, and only where clocks never turn each date has one.
    int64_t micros = std::get<int64_t>(value);
    if (zone != nullptr && from.id() == TypeId::kTimestamp) {
      const std::optional<int64_t> local = zone->is_fixed() ? zone->ToLocal(micros) : std::nullopt;
      if (!local) return std::nullopt;
      micros = *local;
    }
    if (micros % kMicrosPerDay != 0) return std::nullopt;
    return micros / kMicrosPerDay;
  }
  const bool to_common_type = (IsNumeric(from.id()) && to.id() == TypeId::kDouble) ||
                              (IsDateTime(from.id()) && IsDateTime(to.id()));
  if (!to_common_type) return std::nullopt;
  const Result<Value> converted = CastValue(value, from, to, zone);
  return converted.ok() ? std::optional<Value>(*converted) : std::nullopt;
}

DataTypePtr LiteralType(const Value& value, const DataTypePtr& type, const DataType& other) {
  const auto* integer = std::get_if<int64_t>(&value);
  if (integer == nullptr || !IsInteger(type->id()) || other.id() != TypeId::kDecimal) return type;
  return DataType::Decimal(CountDigits(*integer), 0);
}

}  // namespace deltaic
