#include "protocol/partition_value.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/ascii.h"
#include "base/civil_time.h"

namespace deltaic {
namespace {

constexpr std::string_view kNullDirectory = "__HIVE_DEFAULT_PARTITION__";
constexpr int kMaxDecimalDigits = 38;

Status NotOfType(std::string_view text, const DataType& type) {
  // The start is enough to find it; a hostile log may hold megabytes.
  return Status::Corruption("partition value '", text.substr(0, 100), "' is not of type ",
                            type.ToString());
}

// Numbers --------------------------------------------------------------------------------------

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename T>
Result<Value> ParseInteger(std::string_view text, const DataType& type) {
  const std::optional<int64_t> value = ParseNumber<int64_t>(text);
  if (!value || *value < std::numeric_limits<T>::min() || *value > std::numeric_limits<T>::max()) {
    return NotOfType(text, type);
  }
  return Value(*value);
}

template <typename T>
Result<Value> ParseFloating(std::string_view text, const DataType& type) {
  // from_chars also takes "nan(...)", which no writer makes.
  const std::optional<T> value =
      text.find('(') == std::string_view::npos ? ParseNumber<T>(text) : std::nullopt;
  if (!value) return NotOfType(text, type);
  return Value(static_cast<double>(*value));
}

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// Digits with an optional point as an unscaled number and the count of digits behind the point.
struct Digits {
  Int128 unscaled = 0;
  int num_digits = 0;  ///< significant ones
  int num_fraction_digits = 0;
  bool any = false;
};

/// Takes digits and at most one point off the front of `text`; false if more are significant than a
/// decimal can hold.
bool TakeDigits(std::string_view& text, Digits& digits) {
  bool behind_point = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    digits.any = true;
    if (behind_point && ++digits.num_fraction_digits > 2 * kMaxDecimalDigits) return false;
    if (c == '0' && digits.num_digits == 0) continue;
    if (++digits.num_digits > kMaxDecimalDigits) return false;
    digits.unscaled = digits.unscaled * 10 + (c - '0');
  }
  return true;
}

/// `value` * 10^shift; nullopt if that is no whole number or not below 10^38.
std::optional<Int128> ShiftDecimal(Int128 value, int num_digits, int shift) {
  if (value == 0) return 0;
  if (shift >= 0) {
    if (num_digits + shift > kMaxDecimalDigits) return std::nullopt;
    return value * PowerOfTen(shift);
  }
  if (-shift >= num_digits) return std::nullopt;
  const Int128 divisor = PowerOfTen(-shift);
  if (value % divisor != 0) return std::nullopt;
  return value / divisor;
}

/// Plain or with an exponent ("0E-18" is how Java writes zero at scale 18).
std::optional<Int128> ParseDecimal(std::string_view text, int precision, int scale) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  Digits digits;
  if (!TakeDigits(text, digits) || !digits.any) return std::nullopt;
  int exponent = 0;
  if (!text.empty()) {
    if (text.front() != 'E' && text.front() != 'e') return std::nullopt;
    text.remove_prefix(1);
    if (text.size() > 1 && text.front() == '+') text.remove_prefix(1);
    const std::optional<int16_t> parsed = ParseNumber<int16_t>(text);
    if (!parsed) return std::nullopt;
    exponent = *parsed;
  }
  const std::optional<Int128> unscaled = ShiftDecimal(
      digits.unscaled, digits.num_digits, scale - digits.num_fraction_digits + exponent);
  if (!unscaled || *unscaled >= PowerOfTen(precision)) return std::nullopt;
  return negative ? -*unscaled : *unscaled;
}

std::string FormatDecimal(Int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  // Negated as unsigned, for which the most negative number is no exception.
  auto rest = static_cast<unsigned __int128>(unscaled);
  if (negative) rest = -rest;
  std::string reversed;
  do {
    if (static_cast<int>(reversed.size()) == scale && scale > 0) reversed += '.';
    reversed += static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  } while (rest != 0 || static_cast<int>(reversed.size()) <= scale);
  if (negative) reversed += '-';
  return std::string(reversed.rbegin(), reversed.rend());
}

/// `digits` is the shortest "d.ddde±xx" that reads back the same; the outcome is what Java makes of
/// it.
template <typename T>
std::string FormatJavaFloating(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  std::string out = std::signbit(value) ? "-" : "";
  const T magnitude = std::abs(value);
  if (magnitude == 0) return out + "0.0";
  char buffer[64];
  auto end =
      std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  if (text[1] != '.') {
    // Java has two digits at least and takes the nearest such number: 4.9E-324, not 5.0E-324.
    end = std::to_chars(buffer, buffer + sizeof buffer, magnitude, std::chars_format::scientific, 1)
              .ptr;
    text = std::string_view(buffer, static_cast<size_t>(end - buffer));
  }
  const size_t e = text.find('e');
  std::string digits(text.substr(0, 1));
  digits += text.substr(2, e - 2);
  int exponent = 0;
  const size_t exponent_start = text[e + 1] == '+' ? e + 2 : e + 1;
  std::from_chars(text.data() + exponent_start, text.data() + text.size(), exponent);
  if (digits.size() == 2 && digits[1] == '0') digits.pop_back();

  const auto or_zero = [](std::string_view part) { return part.empty() ? "0" : part; };
  if (exponent < -3 || exponent >= 7) {
    return Concat(out, digits[0], '.', or_zero(std::string_view(digits).substr(1)), 'E', exponent);
  }
  if (exponent < 0) {
    return Concat(out, "0.", std::string(static_cast<size_t>(-exponent - 1), '0'), digits);
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return Concat(out, digits.substr(0, whole), '.', or_zero(std::string_view(digits).substr(whole)));
}

// Other types ----------------------------------------------------------------------------------

Result<Value> ParseBoolean(std::string_view text, const DataType& type) {
  if (EqualsIgnoringCase(text, "true")) return Value(true);
  if (EqualsIgnoringCase(text, "false")) return Value(false);
  return NotOfType(text, type);
}

Result<Value> ParseDateValue(std::string_view text, const DataType& type) {
  const Result<int32_t> days = ParseDate(text);
  if (!days.ok()) return NotOfType(text, type);
  return Value(int64_t{*days});
}

Result<Value> ParseTimestamp(std::string_view text, const DataType& type) {
  const Result<int64_t> micros = ParseTimestampMicros(text);
  if (!micros.ok()) return NotOfType(text, type);
  return Value(*micros);
}

bool NeedsEscape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F ||
         std::string_view("\"#%'*/:=?\\{[]^").find(c) != std::string_view::npos;
}

std::string FormatNonNull(const Value& value, const DataType& type) {
  switch (type.id()) {
    case TypeId::kString:
    case TypeId::kBinary:
      return std::get<std::string>(value);
    case TypeId::kBoolean:
      return std::get<bool>(value) ? "true" : "false";
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
      return std::to_string(std::get<int64_t>(value));
    case TypeId::kFloat:
      return FormatJavaFloat(static_cast<float>(std::get<double>(value)));
    case TypeId::kDouble:
      return FormatJavaDouble(std::get<double>(value));
    case TypeId::kDecimal:
      return FormatDecimal(std::get<Int128>(value), type.scale());
    case TypeId::kDate:
      return FormatDate(static_cast<int32_t>(std::get<int64_t>(value)));
    case TypeId::kTimestamp:
      return FormatTimestampMicros(std::get<int64_t>(value), 'T', "Z");
    case TypeId::kTimestampNtz:
      return FormatTimestampMicros(std::get<int64_t>(value), ' ', "");
    case TypeId::kVariant:
    case TypeId::kVoid:
    case TypeId::kStruct:
    case TypeId::kArray:
    case TypeId::kMap:
      break;
  }
  DELTAIC_DCHECK(false);
  return "";
}

}  // namespace

Result<Value> ParsePartitionValue(const std::optional<std::string>& text, const DataType& type) {
  const Value null;
  if (!text || text->empty()) return null;
  switch (type.id()) {
    case TypeId::kString:
    case TypeId::kBinary:
      return Value(*text);
    case TypeId::kBoolean:
      return ParseBoolean(*text, type);
    case TypeId::kByte:
      return ParseInteger<int8_t>(*text, type);
    case TypeId::kShort:
      return ParseInteger<int16_t>(*text, type);
    case TypeId::kInteger:
      return ParseInteger<int32_t>(*text, type);
    case TypeId::kLong:
      return ParseInteger<int64_t>(*text, type);
    case TypeId::kFloat:
      return ParseFloating<float>(*text, type);
    case TypeId::kDouble:
      return ParseFloating<double>(*text, type);
    case TypeId::kDecimal: {
      const std::optional<Int128> value = ParseDecimal(*text, type.precision(), type.scale());
      if (!value) return NotOfType(*text, type);
      return Value(*value);
    }
    case TypeId::kDate:
      return ParseDateValue(*text, type);
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return ParseTimestamp(*text, type);
    case TypeId::kVariant:
    case TypeId::kVoid:
    case TypeId::kStruct:
    case TypeId::kArray:
    case TypeId::kMap:
      break;
  }
  return Status::Corruption("type ", type.ToString(), " cannot have partition values");
}

std::optional<std::string> FormatPartitionValue(const Value& value, const DataType& type) {
  if (IsNull(value)) return std::nullopt;
  std::string text = FormatNonNull(value, type);
  if (text.empty()) return std::nullopt;
  return text;
}

std::string EscapePathName(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!NeedsEscape(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4];
    out += kHex[byte & 0xF];
  }
  return out;
}

std::string PartitionDirectory(
    const std::vector<std::pair<std::string, std::optional<std::string>>>& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (!out.empty()) out += '/';
    out += EscapePathName(name);
    out += '=';
    out += value && !value->empty() ? EscapePathName(*value) : std::string(kNullDirectory);
  }
  return out;
}

std::string FormatJavaDouble(double value) { return FormatJavaFloating(value); }
std::string FormatJavaFloat(float value) { return FormatJavaFloating(value); }

}  // namespace deltaic
