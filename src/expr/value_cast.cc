#include "expr/value_cast.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "base/ascii.h"
#include "base/civil_time.h"
#include "expr/calendar.h"
#include "expr/decimal.h"
#include "expr/decimal_arithmetic.h"
#include "expr/time_text.h"
#include "protocol/partition_value.h"

namespace deltaic {
namespace {

/// What one direction of a cast gives: nullopt if the value does not fit.
using Cast = std::optional<Value>;

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// from_chars takes "nan" and "inf", but not each of Spark's spellings.
template <typename T>
Cast ParseReal(std::string_view text) {
  const std::string lower = AsciiLower(text);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (lower == "infinity" || lower == "+infinity" || lower == "inf" || lower == "+inf") {
    return kInfinity;
  }
  if (lower == "-infinity" || lower == "-inf") return -kInfinity;
  const std::optional<T> value = ParseNumber<T>(text);
  // from_chars would also take "nan(1)".
  if (!value || std::isnan(*value)) return std::nullopt;
  return static_cast<double>(*value);
}

Cast ParseBoolean(std::string_view text) {
  const std::string lower = AsciiLower(text);
  for (const char* yes : {"true", "t", "yes", "y", "1"}) {
    if (lower == yes) return true;
  }
  for (const char* no : {"false", "f", "no", "n", "0"}) {
    if (lower == no) return false;
  }
  return std::nullopt;
}

Cast ToInteger(const Value& value, const DataType& from, TypeId to) {
  Int128 whole = 0;
  if (from.id() == TypeId::kTimestamp) {
    whole = FloorDivide(std::get<int64_t>(value), kMicrosPerSecond);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    whole = *flag ? 1 : 0;
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    whole = *integer;
  } else if (const auto* real = std::get_if<double>(&value)) {
    // 2^63 is a double, the largest int64 is not; NaN fails both.
    if (!(*real >= -0x1p63 && *real < 0x1p63)) return std::nullopt;
    whole = static_cast<int64_t>(*real);
  } else if (const auto* decimal = std::get_if<Int128>(&value)) {
    whole = *decimal / PowerOfTen(from.scale());
  } else {
    const std::optional<int64_t> parsed =
        ParseNumber<int64_t>(TrimText(std::get<std::string>(value)));
    if (!parsed) return std::nullopt;
    whole = *parsed;
  }
  if (!FitsInteger(whole, to)) return std::nullopt;
  return static_cast<int64_t>(whole);
}

Cast ToReal(const Value& value, const DataType& from, bool is_float) {
  double real = 0;
  if (from.id() == TypeId::kTimestamp) {
    real = static_cast<double>(std::get<int64_t>(value)) / static_cast<double>(kMicrosPerSecond);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    real = *flag ? 1 : 0;
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    // Straight to float: by way of double it would round twice.
    real = is_float ? static_cast<double>(static_cast<float>(*integer))
                    : static_cast<double>(*integer);
  } else if (const auto* decimal = std::get_if<Int128>(&value)) {
    if (is_float) return double{DecimalToFloat(*decimal, from.scale())};
    real = DecimalToDouble(*decimal, from.scale());
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    return is_float ? ParseReal<float>(TrimText(*text)) : ParseReal<double>(TrimText(*text));
  } else {
    real = std::get<double>(value);
  }
  if (!is_float) return real;
  // A conversion out of float's range is undefined in C++; Java gives the infinity.
  constexpr double kLargest = std::numeric_limits<float>::max();
  if (std::isfinite(real) && std::abs(real) > kLargest) {
    const double rounds_to_infinity = kLargest + 0x1p103;
    const double limit =
        std::abs(real) >= rounds_to_infinity ? std::numeric_limits<double>::infinity() : kLargest;
    return std::copysign(limit, real);
  }
  return static_cast<double>(static_cast<float>(real));
}

Cast ToDecimal(const Value& value, const DataType& from, const DataType& to) {
  ParsedDecimal number;
  if (from.id() == TypeId::kTimestamp) {
    number = {std::get<int64_t>(value), 6, 19};
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    number.unscaled = *flag ? 1 : 0;
  } else if (const auto* integer = std::get_if<int64_t>(&value)) {
    number.unscaled = *integer;
  } else if (const auto* decimal = std::get_if<Int128>(&value)) {
    number = {*decimal, from.scale(), from.precision()};
  } else {
    // Java goes by the shortest text that means the same double, and so do we.
    std::string text;
    if (const auto* real = std::get_if<double>(&value)) {
      char buffer[64];
      const auto end =
          from.id() == TypeId::kFloat
              ? std::to_chars(buffer, buffer + sizeof(buffer), static_cast<float>(*real))
              : std::to_chars(buffer, buffer + sizeof(buffer), *real);
      text.assign(buffer, end.ptr);
    } else {
      text = TrimText(std::get<std::string>(value));
    }
    const std::optional<ParsedDecimal> parsed = ParseDecimal(text);
    if (!parsed) return std::nullopt;
    number = *parsed;
  }
  const std::optional<Int128> rescaled = RescaleRounding(number.unscaled, number.scale, to.scale());
  if (!rescaled || !FitsPrecision(*rescaled, to.precision())) return std::nullopt;
  return *rescaled;
}

Cast ToBoolean(const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer != 0;
  if (const auto* real = std::get_if<double>(&value)) return *real != 0;
  if (const auto* decimal = std::get_if<Int128>(&value)) return *decimal != 0;
  return ParseBoolean(TrimText(std::get<std::string>(value)));
}

Cast ToDate(const Value& value) {
  if (const auto* micros = std::get_if<int64_t>(&value)) {
    return *micros / kMicrosPerDay - (*micros % kMicrosPerDay < 0 ? 1 : 0);
  }
  const std::optional<int64_t> days = ReadDate(TrimText(std::get<std::string>(value)));
  return days ? Cast(*days) : std::nullopt;
}

/// Seconds since 1970, of which whole microseconds count.
Cast SecondsToTimestamp(const Value& value, const DataType& from) {
  Int128 micros = 0;
  if (const auto* whole = std::get_if<int64_t>(&value)) {
    micros = Int128{*whole} * kMicrosPerSecond;
  } else if (const auto* decimal = std::get_if<Int128>(&value)) {
    const std::optional<Int128> scaled =
        MultiplyDecimals({*decimal, from.scale()}, {1'000'000, 0}, std::min(from.scale(), 6));
    if (!scaled) return std::nullopt;
    micros = *scaled / PowerOfTen(std::min(from.scale(), 6));
  } else {
    const double real = std::get<double>(value) * static_cast<double>(kMicrosPerSecond);
    if (!(real >= -0x1p63 && real < 0x1p63)) return std::nullopt;
    micros = static_cast<int64_t>(real);
  }
  if (!FitsInteger(micros, TypeId::kLong)) return std::nullopt;
  return static_cast<int64_t>(micros);
}

Cast ToTimestamp(const Value& value, const DataType& from, TypeId to) {
  if (IsNumeric(from.id())) return SecondsToTimestamp(value, from);
  if (const auto* number = std::get_if<int64_t>(&value)) {
    if (from.id() != TypeId::kDate) return *number;
    int64_t micros = 0;
    if (__builtin_mul_overflow(*number, kMicrosPerDay, &micros)) return std::nullopt;
    return micros;
  }
  const std::optional<ReadTime> time = ReadTimestamp(TrimText(std::get<std::string>(value)));
  if (!time) return std::nullopt;
  int64_t micros = time->local_micros;
  // As in Spark, a local time leaves out the zone.
  const bool zoned = to == TypeId::kTimestamp && time->zone_micros.has_value();
  if (zoned && __builtin_sub_overflow(micros, *time->zone_micros, &micros)) return std::nullopt;
  return micros;
}

/// Text that names its zone is an instant already.
bool NamesInstant(const Value& text) {
  const std::optional<ReadTime> time = ReadTimestamp(TrimText(std::get<std::string>(text)));
  return time && time->zone_micros.has_value();
}

Cast CastNonNull(const Value& value, const DataType& from, const DataType& to);

/// The same through the local time.
Cast CastInZone(const Value& value, const DataType& from, const DataType& to,
                const TimeZone& zone) {
  const DataType& local_type = *DataType::Primitive(TypeId::kTimestampNtz);
  if (from.id() == TypeId::kTimestamp) {
    const std::optional<int64_t> local = zone.ToLocal(std::get<int64_t>(value));
    if (!local) return std::nullopt;
    return to.id() == TypeId::kTimestampNtz ? Cast(*local) : CastNonNull(*local, local_type, to);
  }
  if (from.id() == TypeId::kString && NamesInstant(value)) return CastNonNull(value, from, to);
  const Cast local = CastNonNull(value, from, local_type);
  const std::optional<int64_t> micros =
      local ? zone.ToUtc(std::get<int64_t>(*local)) : std::nullopt;
  return micros ? Cast(*micros) : std::nullopt;
}

std::string FormatTimestampText(int64_t micros) {
  std::string text = FormatTimestampMicros(micros, ' ', "");
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) {
    text.pop_back();
  }
  return text;
}

std::string ToText(const Value& value, const DataType& from) {
  switch (from.id()) {
    case TypeId::kBoolean:
      return std::get<bool>(value) ? "true" : "false";
    case TypeId::kFloat:
      return FormatJavaFloat(static_cast<float>(std::get<double>(value)));
    case TypeId::kDouble:
      return FormatJavaDouble(std::get<double>(value));
    case TypeId::kDecimal:
      return FormatDecimal(std::get<Int128>(value), from.scale());
    case TypeId::kDate:
      return FormatDate(static_cast<int32_t>(std::get<int64_t>(value)));
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return FormatTimestampText(std::get<int64_t>(value));
    case TypeId::kString:
    case TypeId::kBinary:
      return std::get<std::string>(value);
    default:
      return std::to_string(std::get<int64_t>(value));
  }
}

Cast CastNonNull(const Value& value, const DataType& from, const DataType& to) {
  switch (to.id()) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
      return ToInteger(value, from, to.id());
    case TypeId::kFloat:
    case TypeId::kDouble:
      return ToReal(value, from, to.id() == TypeId::kFloat);
    case TypeId::kDecimal:
      return ToDecimal(value, from, to);
    case TypeId::kBoolean:
      return ToBoolean(value);
    case TypeId::kDate:
      return ToDate(value);
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return ToTimestamp(value, from, to.id());
    case TypeId::kString:
      return ToText(value, from);
    case TypeId::kBinary:
      return value;
    default:
      return std::nullopt;
  }
}

bool IsCastable(TypeId id) {
  return IsNumeric(id) || IsDateTime(id) || id == TypeId::kBoolean || id == TypeId::kString ||
         id == TypeId::kBinary;
}

}  // namespace

bool IsInteger(TypeId id) {
  return id == TypeId::kByte || id == TypeId::kShort || id == TypeId::kInteger ||
         id == TypeId::kLong;
}

bool IsFloatingPoint(TypeId id) { return id == TypeId::kFloat || id == TypeId::kDouble; }

bool IsNumeric(TypeId id) { return IsInteger(id) || IsFloatingPoint(id) || id == TypeId::kDecimal; }

bool IsDateTime(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampNtz;
}

bool FitsInteger(Int128 value, TypeId id) {
  const int bits = id == TypeId::kByte      ? 8
                   : id == TypeId::kShort   ? 16
                   : id == TypeId::kInteger ? 32
                                            : 64;
  const Int128 limit = Int128{1} << (bits - 1);
  return value >= -limit && value < limit;
}

std::string_view TrimText(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

bool HoldsValueOf(const Value& value, TypeId id) {
  switch (id) {
    case TypeId::kBoolean:
      return std::holds_alternative<bool>(value);
    case TypeId::kFloat:
    case TypeId::kDouble:
      return std::holds_alternative<double>(value);
    case TypeId::kDecimal:
      return std::holds_alternative<Int128>(value);
    case TypeId::kString:
    case TypeId::kBinary:
      return std::holds_alternative<std::string>(value);
    default:
      return std::holds_alternative<int64_t>(value);
  }
}

bool NamesZone(std::string_view text) {
  // A zone can only stand after the time of day, where no other sign or letter does.
  const size_t time = text.find(':');
  return time != std::string_view::npos &&
         text.find_first_of("ZzUuGg+-", time) != std::string_view::npos;
}

bool CanCast(const DataType& from, const DataType& to) {
  if (from.id() == TypeId::kVoid || from.EqualsIgnoringNullability(to)) return true;
  if (!IsCastable(from.id()) || !IsCastable(to.id())) return false;
  if (from.id() == TypeId::kString || to.id() == TypeId::kString) return true;
  if (from.id() == TypeId::kBinary || to.id() == TypeId::kBinary) return false;
  if (from.id() == TypeId::kTimestamp && IsNumeric(to.id())) return true;
  if (to.id() == TypeId::kTimestamp && IsNumeric(from.id())) return true;
  return IsDateTime(from.id()) == IsDateTime(to.id());
}

bool IsMonotoneCast(const DataType& from, const DataType& to) {
  return (IsNumeric(from.id()) && IsNumeric(to.id())) ||
         (IsDateTime(from.id()) && IsDateTime(to.id()));
}

bool CastNeedsZone(TypeId from, TypeId to) {
  const auto is_local = [](TypeId id) {
    return id == TypeId::kDate || id == TypeId::kTimestampNtz || id == TypeId::kString;
  };
  return (from == TypeId::kTimestamp && is_local(to)) ||
         (to == TypeId::kTimestamp && is_local(from));
}

bool CastLosesValue(const DataType& from, const DataType& to) {
  return IsFloatingPoint(from.id()) && to.id() == TypeId::kDecimal;
}

Result<Value> CastValue(const Value& value, const DataType& from, const DataType& to,
                        const TimeZone* zone) {
  if (!CanCast(from, to)) {
    return Status::InvalidArgument("a ", from.ToString(), " cannot be cast to ", to.ToString());
  }
  if (IsNull(value) || from.EqualsIgnoringNullability(to)) return value;
  // A value of another alternative than its type says must not reach std::get.
  if (!HoldsValueOf(value, from.id())) {
    return Status::InvalidArgument("a literal of type ", from.ToString(),
                                   " holds a value of another kind; build it again");
  }
  if (CastLosesValue(from, to) && !std::isfinite(std::get<double>(value))) {
    Value null;
    return null;
  }
  const bool in_zone = zone != nullptr && CastNeedsZone(from.id(), to.id());
  Cast cast = in_zone ? CastInZone(value, from, to, *zone) : CastNonNull(value, from, to);
  if (!cast) {
    const bool is_text = from.id() == TypeId::kString;
    const std::string text = ToText(value, from);
    return Status::InvalidArgument(is_text ? "'" : "", text,
                                   is_text ? "' is not of type " : " does not fit ", to.ToString());
  }
  return *std::move(cast);
}

}  // namespace deltaic
