#include "protocol/stats_bound.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/civil_time.h"
#include "protocol/file_stats.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

using json::JsonValue;

template <typename T>
Value ToValue(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

std::string FormatDecimal(Int128 value, int scale) {
  const bool negative = value < 0;
  std::string digits;  // the last first
  for (Int128 rest = value; rest != 0; rest /= 10) {
    const auto digit = static_cast<int>(rest % 10);
    digits.push_back(static_cast<char>('0' + (digit < 0 ? -digit : digit)));
  }
  const auto point = static_cast<size_t>(scale);
  while (digits.size() <= point) digits.push_back('0');
  if (point > 0) digits.insert(point, 1, '.');
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string Quote(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::optional<std::string> FormatFloating(double value, BoundSide side) {
  if (!std::isfinite(value)) return std::nullopt;
  // The two zeros are equal, and the column may hold the one that the writer did not keep.
  if (value == 0) value = side == BoundSide::kMin ? -0.0 : 0.0;
  JsonWriter out;
  out.Double(value);
  return out.Take();
}

std::optional<std::string> FormatString(const std::string& value, BoundSide side) {
  // Replacing invalid bytes would change the order.
  if (!simdjson::validate_utf8(value.data(), value.size())) return std::nullopt;
  if (side == BoundSide::kMin) return Quote(TruncateMinString(value, kStatsStringPrefix));
  const auto raised = TruncateMaxString(value, kStatsStringPrefix);
  return raised ? std::optional(Quote(*raised)) : std::nullopt;
}

std::optional<std::string> FormatInteger(int64_t value, TypeId id) {
  switch (id) {
    case TypeId::kDate:
      if (value < std::numeric_limits<int32_t>::min() ||
          value > std::numeric_limits<int32_t>::max()) {
        return std::nullopt;
      }
      return Quote(FormatDate(static_cast<int32_t>(value)));
    case TypeId::kTimestamp:
      return Quote(FormatTimestampMillis(value, 'T', "Z"));
    case TypeId::kTimestampNtz:
      return Quote(FormatTimestampMillis(value, 'T', ""));
    default:
      return std::to_string(value);
  }
}

}  // namespace

Value ReadBound(JsonValue& value, const BoundType& type, BoundSide side) {
  std::string_view text;
  switch (type.id) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
      return ToValue(ParseIntegerBound(json::ScalarToken(value)));
    case TypeId::kFloat:
    case TypeId::kDouble:
      return ToValue(ParseFloatingBound(json::ScalarToken(value), type, side));
    case TypeId::kDecimal:
      return ToValue(ParseDecimalBound(json::ScalarToken(value), type, side));
    case TypeId::kString:
      return value.get_string().get(text) ? Value() : Value(std::string(text));
    case TypeId::kDate:
      return value.get_string().get(text) ? Value() : ToValue(ParseDateBound(text));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return value.get_string().get(text) ? Value()
                                          : ToValue(ParseTimestampBound(text, type, side));
    default:
      // Writers do not agree on the text of binary bounds; the other types have none. Some give
      // them for booleans, where the protocol does not: what they mean is theirs to know.
      return {};
  }
}

std::optional<std::string> FormatBound(const Value& bound, const DataType& type, BoundSide side) {
  switch (type.id()) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz: {
      const auto* value = std::get_if<int64_t>(&bound);
      return value ? FormatInteger(*value, type.id()) : std::nullopt;
    }
    case TypeId::kFloat:
    case TypeId::kDouble: {
      const auto* value = std::get_if<double>(&bound);
      return value ? FormatFloating(*value, side) : std::nullopt;
    }
    case TypeId::kDecimal: {
      const auto* value = std::get_if<Int128>(&bound);
      return value ? std::optional(FormatDecimal(*value, type.scale())) : std::nullopt;
    }
    case TypeId::kString: {
      const auto* value = std::get_if<std::string>(&bound);
      return value ? FormatString(*value, side) : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

}  // namespace deltaic
