#include "expr/decimal.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace deltaic {
namespace {

using UInt128 = unsigned __int128;

/// Without the overflow that -min would be.
UInt128 Magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Takes an exponent ("e-12") off the end of `text`; nullopt if it is malformed.
std::optional<int> TakeExponent(std::string_view& text) {
  const size_t at = text.find_first_of("eE");
  if (at == std::string_view::npos) return 0;
  std::string_view digits = text.substr(at + 1);
  if (digits.starts_with("+-")) return std::nullopt;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  text = text.substr(0, at);
  return exponent;
}

}  // namespace

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

bool FitsPrecision(Int128 unscaled, int precision) {
  return Magnitude(unscaled) < static_cast<UInt128>(PowerOfTen(precision));
}

int CountDigits(Int128 unscaled) {
  UInt128 rest = Magnitude(unscaled);
  int digits = 1;
  while (rest >= 10) {
    rest /= 10;
    ++digits;
  }
  return digits;
}

std::optional<ParsedDecimal> ParseDecimal(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::optional<int> exponent = TakeExponent(text);
  // The bound keeps the sums below small; no decimal of 38 digits needs more.
  if (!exponent || *exponent > 100 || *exponent < -100) return std::nullopt;

  Int128 unscaled = 0;
  int fraction_digits = 0;
  bool seen_point = false;
  bool seen_digit = false;
  for (const char c : text) {
    if (c == '.' && !seen_point) {
      seen_point = true;
      continue;
    }
    if (!IsDigit(c) || !FitsPrecision(unscaled, kMaxDecimalDigits - 1)) return std::nullopt;
    seen_digit = true;
    unscaled = unscaled * 10 + (c - '0');
    if (seen_point) ++fraction_digits;
  }
  if (!seen_digit) return std::nullopt;

  int scale = fraction_digits - *exponent;
  if (scale < 0) {
    if (unscaled != 0 && CountDigits(unscaled) - scale > kMaxDecimalDigits) return std::nullopt;
    unscaled = unscaled == 0 ? 0 : unscaled * PowerOfTen(-scale);
    scale = 0;
  }
  if (scale > kMaxDecimalDigits) return std::nullopt;
  return ParsedDecimal{negative ? -unscaled : unscaled, scale,
                       std::max(CountDigits(unscaled), scale)};
}

std::string FormatDecimal(Int128 unscaled, int scale) {
  UInt128 rest = Magnitude(unscaled);
  std::string reversed;
  for (int i = 0; rest != 0 || i <= scale; ++i) {
    if (i == scale && scale > 0) reversed.push_back('.');
    reversed.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  if (unscaled < 0) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::optional<Int128> RescaleExactly(Int128 unscaled, int from, int to) {
  if (unscaled == 0) return Int128{0};
  if (to >= from) {
    if (CountDigits(unscaled) + (to - from) > kMaxDecimalDigits) return std::nullopt;
    return unscaled * PowerOfTen(to - from);
  }
  const Int128 divisor = PowerOfTen(from - to);
  if (unscaled % divisor != 0) return std::nullopt;
  return unscaled / divisor;
}

std::optional<Int128> RescaleRounding(Int128 unscaled, int from, int to) {
  if (to >= from) return RescaleExactly(unscaled, from, to);
  const Int128 divisor = PowerOfTen(from - to);
  const Int128 quotient = unscaled / divisor;
  const UInt128 remainder = Magnitude(unscaled % divisor);
  if (remainder * 2 < static_cast<UInt128>(divisor)) return quotient;
  return quotient + (unscaled < 0 ? -1 : 1);
}

namespace {

template <typename Real>
Real NearestReal(Int128 unscaled, int scale) {
  const std::string text = FormatDecimal(unscaled, scale);
  Real value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

double DecimalToDouble(Int128 unscaled, int scale) {
  constexpr Int128 kExactLimit = Int128{1} << 53;
  if (unscaled < kExactLimit && unscaled > -kExactLimit && scale <= 22) {
    // Both operands are exact doubles, so the one division rounds once.
    return static_cast<double>(static_cast<int64_t>(unscaled)) /
           static_cast<double>(PowerOfTen(scale));
  }
  return NearestReal<double>(unscaled, scale);
}

float DecimalToFloat(Int128 unscaled, int scale) { return NearestReal<float>(unscaled, scale); }

}  // namespace deltaic
