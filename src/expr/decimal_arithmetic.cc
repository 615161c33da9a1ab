#include "expr/decimal_arithmetic.h"

#include <algorithm>
#include <cstdint>

#include "expr/decimal.h"

namespace deltaic {
namespace {

using UInt128 = unsigned __int128;

UInt128 Magnitude(Int128 value) {
  return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

/// 256 bits without a sign: enough for the product of two decimals of 38 digits.
struct Wide {
  UInt128 high = 0;
  UInt128 low = 0;
};

Wide Multiply(UInt128 a, UInt128 b) {
  constexpr UInt128 kMask = ~uint64_t{0};
  const UInt128 low = (a & kMask) * (b & kMask);
  const UInt128 middle1 = (a >> 64) * (b & kMask);
  const UInt128 middle2 = (a & kMask) * (b >> 64);
  const UInt128 carry = (low >> 64) + (middle1 & kMask) + (middle2 & kMask);
  return {(a >> 64) * (b >> 64) + (middle1 >> 64) + (middle2 >> 64) + (carry >> 64),
          (carry << 64) | (low & kMask)};
}

struct Division {
  Wide quotient;
  UInt128 remainder;
};

/// By shifting and subtracting; divisor < 2^127, so that the remainder never overflows.
Division Divide(const Wide& dividend, UInt128 divisor) {
  if (dividend.high == 0) return {{0, dividend.low / divisor}, dividend.low % divisor};
  Division out{{0, 0}, 0};
  for (int bit = 255; bit >= 0; --bit) {
    const UInt128 next = bit >= 128 ? dividend.high >> (bit - 128) & 1 : dividend.low >> bit & 1;
    out.remainder = out.remainder << 1 | next;
    out.quotient.high = out.quotient.high << 1 | out.quotient.low >> 127;
    out.quotient.low <<= 1;
    if (out.remainder >= divisor) {
      out.remainder -= divisor;
      out.quotient.low |= 1;
    }
  }
  return out;
}

std::optional<Int128> Signed(const Wide& magnitude, bool negative) {
  if (magnitude.high != 0 || magnitude.low >= static_cast<UInt128>(PowerOfTen(kMaxDecimalDigits))) {
    return std::nullopt;
  }
  const auto value = static_cast<Int128>(magnitude.low);
  return negative ? -value : value;
}

/// dividend / divisor with halves rounded up.
std::optional<Int128> DivideRounding(const Wide& dividend, UInt128 divisor, bool negative) {
  Division division = Divide(dividend, divisor);
  // Not remainder * 2, which may overflow.
  if (division.remainder >= divisor - division.remainder) {
    if (++division.quotient.low == 0) ++division.quotient.high;
  }
  return Signed(division.quotient, negative);
}

/// Spark's way to fit 38 digits.
DataTypePtr Adjusted(int precision, int scale) {
  constexpr int kLeastScale = 6;
  if (precision <= kMaxDecimalDigits) return DataType::Decimal(precision, scale);
  const int whole = precision - scale;
  const int kept = std::max(kMaxDecimalDigits - whole, std::min(scale, kLeastScale));
  return DataType::Decimal(kMaxDecimalDigits, kept);
}

int Whole(const DataType& type) { return type.precision() - type.scale(); }

/// left / right in steps of one digit, for numerators of more than 256 bits.
std::optional<Int128> DivideByDigits(UInt128 left, UInt128 right, int digits, bool negative) {
  UInt128 quotient = left / right;
  UInt128 remainder = left % right;
  const auto limit = static_cast<UInt128>(PowerOfTen(kMaxDecimalDigits - 1));
  for (int i = 0; i < digits; ++i) {
    if (quotient >= limit) return std::nullopt;
    const Division step = Divide(Multiply(remainder, 10), right);
    quotient = quotient * 10 + step.quotient.low;
    remainder = step.remainder;
  }
  if (remainder >= right - remainder) ++quotient;
  return Signed({0, quotient}, negative);
}

}  // namespace

DataTypePtr SumType(const DataType& left, const DataType& right) {
  const int scale = std::max(left.scale(), right.scale());
  return Adjusted(std::max(Whole(left), Whole(right)) + scale + 1, scale);
}

DataTypePtr ProductType(const DataType& left, const DataType& right) {
  return Adjusted(left.precision() + right.precision() + 1, left.scale() + right.scale());
}

DataTypePtr QuotientType(const DataType& left, const DataType& right) {
  const int scale = std::max(6, left.scale() + right.precision() + 1);
  return Adjusted(Whole(left) + right.scale() + scale, scale);
}

DataTypePtr RemainderType(const DataType& left, const DataType& right) {
  const int scale = std::max(left.scale(), right.scale());
  return Adjusted(std::max(1, std::min(Whole(left), Whole(right)) + scale), scale);
}

std::optional<Int128> AddDecimals(ScaledDecimal left, ScaledDecimal right, int result_scale) {
  const int scale = std::max(left.scale, right.scale);
  const auto is_wide = [&](const ScaledDecimal& side) {
    return CountDigits(side.unscaled) + scale - side.scale >= kMaxDecimalDigits;
  };
  if (!is_wide(left) && !is_wide(right)) {
    const Int128 sum = left.unscaled * PowerOfTen(scale - left.scale) +
                       right.unscaled * PowerOfTen(scale - right.scale);
    return RescaleRounding(sum, scale, result_scale);
  }
  // One side has too many digits for the common scale: whole parts and fractions apart.
  const auto whole = [](const ScaledDecimal& x) { return x.unscaled / PowerOfTen(x.scale); };
  const auto fraction = [&](const ScaledDecimal& x) {
    return x.unscaled % PowerOfTen(x.scale) * PowerOfTen(scale - x.scale);
  };
  const Int128 wholes = whole(left) + whole(right);  // each below 10^38, the sum below 2^127
  const UInt128 unit = static_cast<UInt128>(PowerOfTen(scale));
  Int128 fractions = fraction(left) + fraction(right);
  Int128 carried = wholes + fractions / static_cast<Int128>(unit);
  fractions %= static_cast<Int128>(unit);
  if (carried > 0 && fractions < 0) {
    carried -= 1;
    fractions += static_cast<Int128>(unit);
  } else if (carried < 0 && fractions > 0) {
    carried += 1;
    fractions -= static_cast<Int128>(unit);
  }
  const bool negative = carried < 0 || fractions < 0;
  Wide total = Multiply(Magnitude(carried), unit);
  const UInt128 low = total.low + Magnitude(fractions);
  if (low < total.low) ++total.high;
  total.low = low;
  if (result_scale >= scale) return Signed(total, negative);
  return DivideRounding(total, static_cast<UInt128>(PowerOfTen(scale - result_scale)), negative);
}

std::optional<Int128> MultiplyDecimals(ScaledDecimal left, ScaledDecimal right, int result_scale) {
  const bool negative = (left.unscaled < 0) != (right.unscaled < 0);
  const Wide product = Multiply(Magnitude(left.unscaled), Magnitude(right.unscaled));
  int surplus = left.scale + right.scale - result_scale;
  if (surplus <= 0) return Signed(product, negative);
  if (surplus <= kMaxDecimalDigits) {
    return DivideRounding(product, static_cast<UInt128>(PowerOfTen(surplus)), negative);
  }
  // The dropped digits lie below the last kept one, so cutting the first of them rounds alike.
  const Division cut =
      Divide(product, static_cast<UInt128>(PowerOfTen(surplus - kMaxDecimalDigits)));
  return DivideRounding(cut.quotient, static_cast<UInt128>(PowerOfTen(kMaxDecimalDigits)),
                        negative);
}

std::optional<Int128> DivideDecimals(ScaledDecimal left, ScaledDecimal right, int result_scale) {
  const bool negative = (left.unscaled < 0) != (right.unscaled < 0);
  const UInt128 dividend = Magnitude(left.unscaled);
  const UInt128 divisor = Magnitude(right.unscaled);
  const int shift = result_scale + right.scale - left.scale;
  if (shift < 0) {
    const Wide scaled = Multiply(divisor, static_cast<UInt128>(PowerOfTen(-shift)));
    if (scaled.high == 0 && scaled.low >> 127 == 0) {
      return DivideRounding({0, dividend}, scaled.low, negative);
    }
    // The divisor is more than any dividend, so the quotient is a fraction.
    const bool rounds_up = scaled.high == 0 && dividend >= scaled.low - dividend;
    return Signed({0, UInt128{rounds_up}}, negative);
  }
  if (shift <= kMaxDecimalDigits) {
    return DivideRounding(Multiply(dividend, static_cast<UInt128>(PowerOfTen(shift))), divisor,
                          negative);
  }
  return DivideByDigits(dividend, divisor, shift, negative);
}

std::optional<Int128> DivideToWhole(ScaledDecimal left, ScaledDecimal right) {
  const bool negative = (left.unscaled < 0) != (right.unscaled < 0);
  const int shift = right.scale - left.scale;
  const UInt128 dividend = Magnitude(left.unscaled);
  const UInt128 divisor = Magnitude(right.unscaled);
  if (shift < 0) {
    const Wide scaled = Multiply(divisor, static_cast<UInt128>(PowerOfTen(-shift)));
    if (scaled.high != 0 || scaled.low > dividend) return Int128{0};
    return Signed({0, dividend / scaled.low}, negative);
  }
  const Wide scaled = Multiply(dividend, static_cast<UInt128>(PowerOfTen(shift)));
  return Signed(Divide(scaled, divisor).quotient, negative);
}

Int128 RemainderOfDecimals(ScaledDecimal left, ScaledDecimal right) {
  const int scale = std::max(left.scale, right.scale);
  const UInt128 dividend = Magnitude(left.unscaled);
  const UInt128 divisor = Magnitude(right.unscaled);
  UInt128 remainder = 0;
  if (right.scale == scale) {
    remainder =
        Divide(Multiply(dividend, static_cast<UInt128>(PowerOfTen(scale - left.scale))), divisor)
            .remainder;
  } else {
    const Wide scaled = Multiply(divisor, static_cast<UInt128>(PowerOfTen(scale - right.scale)));
    remainder = scaled.high != 0 || scaled.low > dividend ? dividend : dividend % scaled.low;
  }
  return left.unscaled < 0 ? -static_cast<Int128>(remainder) : static_cast<Int128>(remainder);
}

}  // namespace deltaic
