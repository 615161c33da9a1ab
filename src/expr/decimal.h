#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/value.h"

namespace deltaic {

inline constexpr int kMaxDecimalDigits = 38;

/// A decimal as a text gives it: unscaled / 10^scale.
struct ParsedDecimal {
  Int128 unscaled = 0;
  int scale = 0;      ///< 0..38
  int precision = 1;  ///< 1..38, >= scale
};

/// Parses `[+-]digits[.digits][e[+-]digits]`; precision and scale are those that the digits need,
/// zeros at the end included (1.50 is decimal(3,2)). nullopt for other text and for more than 38
/// digits.
std::optional<ParsedDecimal> ParseDecimal(std::string_view text);

/// Plain digits, never an exponent: FormatDecimal(-5, 2) is "-0.05".
std::string FormatDecimal(Int128 unscaled, int scale);

/// 10^exponent, for 0 <= exponent <= 38.
Int128 PowerOfTen(int exponent);

/// Whether |unscaled| < 10^precision.
bool FitsPrecision(Int128 unscaled, int precision);

/// The number of decimal digits of |unscaled|, at least 1.
int CountDigits(Int128 unscaled);

/// The same number at scale `to`; nullopt if it needs more than 38 digits, or digits would be lost.
std::optional<Int128> RescaleExactly(Int128 unscaled, int from, int to);

/// The number at scale `to`, halves rounded away from zero; nullopt if it needs more than 38
/// digits.
std::optional<Int128> RescaleRounding(Int128 unscaled, int from, int to);

/// The nearest double, and the nearest float, which is not always that double's nearest.
double DecimalToDouble(Int128 unscaled, int scale);
float DecimalToFloat(Int128 unscaled, int scale);

}  // namespace deltaic
