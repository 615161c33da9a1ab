#include "protocol/stats_bound.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "base/civil_time.h"
#include "protocol/file_stats.h"
#include "protocol/json.h"

namespace deltaic {
namespace {

using json::JsonValue;

/// Writers cut timestamps down to milliseconds, so a true maximum may be this much later.
constexpr int64_t kTimestampSlackMicros = 999;

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

Value ReadFloating(std::string_view token, const BoundType& type, BoundSide side) {
  if (type.id == TypeId::kFloat) {
    // As a float, because writers print the shortest text that identifies one.
    const auto value = ParseNumber<float>(token);
    if (!value || !std::isfinite(*value)) return {};
    return static_cast<double>(*value);
  }
  const auto value = ParseNumber<double>(token);
  if (!value || !std::isfinite(*value)) return {};
  if (!type.may_be_float) return *value;
  const auto as_float = ParseNumber<float>(token);
  if (!as_float) return *value;
  const auto other = static_cast<double>(*as_float);
  return side == BoundSide::kMin ? std::min(*value, other) : std::max(*value, other);
}

struct DecimalText {
  bool negative = false;
  std::string digits;    ///< without leading zeros
  int64_t exponent = 0;  ///< the value is digits * 10^exponent
};

constexpr int64_t kMaxExponent = 1'000'000;

std::optional<DecimalText> SplitDecimal(std::string_view text) {
  DecimalText out;
  if (text.starts_with('-')) {
    out.negative = true;
    text.remove_prefix(1);
  }
  const size_t e = text.find_first_of("eE");
  if (e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const auto value = ParseNumber<int64_t>(exponent);
    if (!value || *value < -kMaxExponent || *value > kMaxExponent) return std::nullopt;
    out.exponent = *value;
    text = text.substr(0, e);
  }
  bool after_point = false;
  bool any = false;
  for (const char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    if (after_point) --out.exponent;
    if (c != '0' || !out.digits.empty()) out.digits.push_back(c);
  }
  return any ? std::optional(std::move(out)) : std::nullopt;
}

constexpr int64_t kMaxDecimalDigits = 38;

/// Digits past the scale, as writers that go through binary fractions leave them, are rounded away
/// from the column's values.
Value ReadDecimal(std::string_view token, int scale, BoundSide side) {
  const auto text = SplitDecimal(token);
  if (!text) return {};
  if (text->digits.empty()) return Int128{0};
  const int64_t shift = text->exponent + scale;
  const auto length = static_cast<int64_t>(text->digits.size());
  if (length + shift > kMaxDecimalDigits) return {};
  const int64_t kept = std::clamp<int64_t>(length + shift, 0, length);
  Int128 magnitude = 0;
  for (int64_t i = 0; i < kept; ++i) {
    magnitude = magnitude * 10 + (text->digits[static_cast<size_t>(i)] - '0');
  }
  for (int64_t i = 0; i < shift; ++i) magnitude *= 10;
  const bool inexact =
      text->digits.find_first_not_of('0', static_cast<size_t>(kept)) != std::string::npos;
  if (inexact && text->negative == (side == BoundSide::kMin)) ++magnitude;
  return text->negative ? -magnitude : magnitude;
}

/// Where a zone begins in the text of a timestamp; npos if there is none.
size_t FindZone(std::string_view text) {
  const size_t time = text.find_first_of("T ");
  return time == std::string_view::npos ? time : text.find_first_of("Z+-", time);
}

Value ReadTimestamp(std::string_view text, TypeId id, BoundSide side) {
  const size_t zone = FindZone(text);
  // Without a zone only its writer knows the instant; with another than UTC, the wall clock is
  // unclear.
  const bool clear = id == TypeId::kTimestamp
                         ? zone != std::string_view::npos
                         : zone == std::string_view::npos || text.substr(zone) == "Z";
  if (!clear) return {};
  const auto micros = ParseTimestampMicros(text);
  if (!micros.ok()) return {};
  if (side == BoundSide::kMin) return *micros;
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  return *micros > kLast - kTimestampSlackMicros ? kLast : *micros + kTimestampSlackMicros;
}

Value ReadDate(std::string_view text) {
  const auto days = ParseDate(text);
  return days.ok() ? Value(int64_t{*days}) : Value();
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

BoundType MakeBoundType(const StructField& field) {
  BoundType type{field.type->id(), field.type->scale(), false};
  const auto changes = field.metadata.find("delta.typeChanges");
  type.may_be_float = type.id == TypeId::kDouble && changes != field.metadata.end() &&
                      changes->second.find("\"float\"") != std::string::npos;
  return type;
}

Value ReadBound(JsonValue& value, const BoundType& type, BoundSide side) {
  std::string_view text;
  switch (type.id) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong: {
      const auto number = ParseNumber<int64_t>(json::ScalarToken(value));
      return number ? Value(*number) : Value();
    }
    case TypeId::kFloat:
    case TypeId::kDouble:
      return ReadFloating(json::ScalarToken(value), type, side);
    case TypeId::kDecimal:
      return ReadDecimal(json::ScalarToken(value), type.scale, side);
    case TypeId::kBoolean: {
      bool boolean = false;
      return value.get_bool().get(boolean) ? Value() : Value(boolean);
    }
    case TypeId::kString:
      return value.get_string().get(text) ? Value() : Value(std::string(text));
    case TypeId::kDate:
      return value.get_string().get(text) ? Value() : ReadDate(text);
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return value.get_string().get(text) ? Value() : ReadTimestamp(text, type.id, side);
    default:
      // Writers do not agree on the text of binary bounds; the other types have none.
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
