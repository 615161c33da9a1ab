#include "protocol/bound_text.h"

#include <algorithm>
#include <array>
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

/// 10^n, 0 <= n <= 38.
Int128 PowerOfTen(int n) {
  Int128 power = 1;
  while (n-- > 0) power *= 10;
  return power;
}

struct ScaledBound {
  Int128 value = 0;
  bool exact = true;  ///< false where digits past the scale were rounded away
};

std::optional<ScaledBound> ToDecimal(const DecimalText& text, int scale, BoundSide side) {
  if (text.digits.empty()) return ScaledBound();
  const int64_t shift = text.exponent + scale;
  const auto length = static_cast<int64_t>(text.digits.size());
  if (length + shift > kMaxDecimalDigits) return std::nullopt;
  const int64_t kept = std::clamp<int64_t>(length + shift, 0, length);
  Int128 magnitude = 0;
  for (int64_t i = 0; i < kept; ++i) {
    magnitude = magnitude * 10 + (text.digits[static_cast<size_t>(i)] - '0');
  }
  for (int64_t i = 0; i < shift; ++i) magnitude *= 10;
  const bool exact =
      text.digits.find_first_not_of('0', static_cast<size_t>(kept)) == std::string::npos;
  if (!exact && text.negative == (side == BoundSide::kMin)) ++magnitude;
  return ScaledBound{text.negative ? -magnitude : magnitude, exact};
}

/// Where all digits of a decimal say something: any two of fewer are further apart than rounding to
/// doubles takes them.
constexpr int kDigitsOfAnyDouble = 14;
/// Enough to tell one double from the next.
constexpr size_t kMostDigitsOfDouble = 17;
/// How far arithmetic of writers may end from the decimal: a whole number to a double, divided by a
/// power of ten, each step rounded.
constexpr int kStepsFromDouble = 4;

/// All of its digits; one has no more than 767 of them.
std::optional<DecimalText> ExactDigits(double value) {
  std::array<char, 800> buffer;
  constexpr int kAllDigits = 770;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific, kAllDigits);
  return SplitDecimal({buffer.data(), static_cast<size_t>(end.ptr - buffer.data())});
}

/// Without zeros at the end.
DecimalText Shortened(DecimalText text) {
  while (text.digits.ends_with('0')) {
    text.digits.pop_back();
    ++text.exponent;
  }
  return text;
}

/// The furthest decimal that a writer may have rounded to `token`; nullopt for a token that was no
/// double.
std::optional<Int128> UnroundedDecimal(std::string_view token, const DecimalText& text, bool exact,
                                       int scale, BoundSide side) {
  const auto value = ParseNumber<double>(token);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  const DecimalText digits = Shortened(text);
  if (exact && digits.digits.size() > kMostDigitsOfDouble) {
    // Some print all digits that a double has. More than tell it, and others: a decimal.
    const DecimalText all = Shortened(*ExactDigits(*value));
    if (all.digits != digits.digits || all.exponent != digits.exponent) return std::nullopt;
  }
  const bool is_min = side == BoundSide::kMin;
  double furthest = *value;
  for (int i = 0; i < kStepsFromDouble; ++i) {
    furthest = std::nextafter(furthest, is_min ? -HUGE_VAL : HUGE_VAL);
  }
  const auto limit = ExactDigits(furthest);
  if (!limit) return std::nullopt;
  // The column's values have no digits past its scale, so the next one on the inner side is it.
  const auto bound = ToDecimal(*limit, scale, is_min ? BoundSide::kMax : BoundSide::kMin);
  const Int128 beyond = PowerOfTen(kMaxDecimalDigits) - 1;
  return bound ? bound->value : is_min ? -beyond : beyond;
}

constexpr int64_t kMicrosPerSecond = 1'000'000;
/// From 1953 on all zones but Liberia's count their offsets in minutes, and that one, of -00:44:30,
/// from 1972-01-07 on.
constexpr int64_t kOffsetsAreWholeMinutes = -536'457'600 * kMicrosPerSecond;
constexpr int64_t kLiberiasIs = 63'593'070 * kMicrosPerSecond;
constexpr std::string_view kLiberia = "-00:44";
constexpr int64_t kMostCutOffOffset = 59 * kMicrosPerSecond;

/// How much earlier or later, by its sign, a timestamp may be than its text says, because Spark
/// before 3.4 cuts "+00:53:28" to "+00:53". `zone` is from its sign on.
int64_t CutOffsetSlack(std::string_view zone, int64_t micros) {
  constexpr std::string_view kMinutes = "+00:00";
  const int64_t end = zone == kLiberia ? kLiberiasIs : kOffsetsAreWholeMinutes;
  if (zone.size() != kMinutes.size() || micros >= end) return 0;
  return zone.front() == '-' ? kMostCutOffOffset : -kMostCutOffOffset;
}

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
  BoundType type{field.type->id(), field.type->precision(), field.type->scale(), false};
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
  const auto exact = ToDecimal(*text, type.scale, side);
  if (!exact) return std::nullopt;
  const bool is_min = side == BoundSide::kMin;
  Int128 bound = exact->value;
  if (const Int128 few = PowerOfTen(kDigitsOfAnyDouble); bound >= few || bound <= -few) {
    if (const auto far = UnroundedDecimal(token, *text, exact->exact, type.scale, side)) {
      bound = is_min ? std::min(bound, *far) : std::max(bound, *far);
    }
  }
  const Int128 largest = PowerOfTen(type.precision) - 1;
  // What was rounded up past the type's digits bounds it all the same.
  if (is_min ? bound > largest : bound < -largest) return std::nullopt;
  return std::clamp(bound, -largest, largest);
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
  const auto parsed = ParseTimestampMicros(text);
  if (!parsed.ok()) return std::nullopt;
  int64_t slack = side == BoundSide::kMax ? kTimestampSlackMicros : 0;
  if (zone != std::string_view::npos) {
    const int64_t cut = CutOffsetSlack(text.substr(zone), *parsed);
    if ((cut < 0) == (side == BoundSide::kMin)) slack += cut;
  }
  int64_t micros = 0;
  if (!__builtin_add_overflow(*parsed, slack, &micros)) return micros;
  constexpr auto kRange = std::numeric_limits<int64_t>();
  return side == BoundSide::kMin ? kRange.min() : kRange.max();
}

}  // namespace deltaic
