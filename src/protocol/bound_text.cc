#include "protocol/bound_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>

#include "base/civil_time.h"

namespace deltaic {
namespace {

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

/// Where a zone begins in the text of a timestamp; npos if there is none.
size_t FindZone(std::string_view text) {
  const size_t time = text.find_first_of("T ");
  return time == std::string_view::npos ? time : text.find_first_of("Z+-", time);
}

/// What nearly all statistics have, several times faster than any timestamp: milliseconds in UTC
/// on a day that each month has. Microseconds since epoch; nullopt for another text.
std::optional<int64_t> ParseUtcMillis(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (size_t i = 0; i < kShape.size(); ++i) {
    const bool fits = kShape[i] == '0' ? text[i] >= '0' && text[i] <= '9' : text[i] == kShape[i];
    if (!fits) return std::nullopt;
  }
  const auto number = [&](size_t begin, size_t digits) {
    unsigned value = 0;
    for (size_t i = begin; i < begin + digits; ++i) {
      value = value * 10 + static_cast<unsigned>(text[i] - '0');
    }
    return value;
  };
  const unsigned month = number(5, 2), day = number(8, 2);
  const unsigned hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  constexpr unsigned kLastDayOfAll = 28;
  if (month < 1 || month > 12 || day < 1 || day > kLastDayOfAll) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const int64_t seconds = DaysFromCivil(number(0, 4), month, day) * 86'400 + int64_t{hour} * 3600 +
                          int64_t{minute} * 60 + second;
  return (seconds * 1000 + number(20, 3)) * 1000;
}

}  // namespace

BoundType MakeBoundType(const StructField& field) {
  BoundType type{field.type->id(), field.type->scale(), false};
  const auto changes = field.metadata.find("delta.typeChanges");
  type.may_be_float = type.id == TypeId::kDouble && changes != field.metadata.end() &&
                      changes->second.find("\"float\"") != std::string::npos;
  return type;
}

std::optional<int64_t> ParseIntegerBound(std::string_view token) {
  return ParseNumber<int64_t>(token);
}

std::optional<double> ParseFloatingBound(std::string_view token, const BoundType& type,
                                         BoundSide side) {
  if (type.id == TypeId::kFloat) {
    // As a float, because writers print the shortest text that identifies one.
    const auto value = ParseNumber<float>(token);
    if (!value || !std::isfinite(*value)) return std::nullopt;
    return static_cast<double>(*value);
  }
  const auto value = ParseNumber<double>(token);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  if (!type.may_be_float) return *value;
  const auto as_float = ParseNumber<float>(token);
  if (!as_float) return *value;
  const auto other = static_cast<double>(*as_float);
  return side == BoundSide::kMin ? std::min(*value, other) : std::max(*value, other);
}

std::optional<Int128> ParseDecimalBound(std::string_view token, const BoundType& type,
                                        BoundSide side) {
  const auto text = SplitDecimal(token);
  if (!text) return std::nullopt;
  if (text->digits.empty()) return Int128{0};
  const int64_t shift = text->exponent + type.scale;
  const auto length = static_cast<int64_t>(text->digits.size());
  if (length + shift > kMaxDecimalDigits) return std::nullopt;
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

std::optional<int64_t> ParseDateBound(std::string_view text) {
  const auto days = ParseDate(text);
  return days.ok() ? std::optional<int64_t>(*days) : std::nullopt;
}

std::optional<int64_t> ParseTimestampBound(std::string_view text, const BoundType& type,
                                           BoundSide side) {
  if (const auto micros = ParseUtcMillis(text)) {
    return *micros + (side == BoundSide::kMax ? kTimestampSlackMicros : 0);
  }
  const size_t zone = FindZone(text);
  // Without a zone only its writer knows the instant; with another than UTC, the wall clock is
  // unclear.
  const bool clear = type.id == TypeId::kTimestamp
                         ? zone != std::string_view::npos
                         : zone == std::string_view::npos || text.substr(zone) == "Z";
  if (!clear) return std::nullopt;
  const auto micros = ParseTimestampMicros(text);
  if (!micros.ok()) return std::nullopt;
  if (side == BoundSide::kMin) return *micros;
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  return *micros > kLast - kTimestampSlackMicros ? kLast : *micros + kTimestampSlackMicros;
}

}  // namespace deltaic
