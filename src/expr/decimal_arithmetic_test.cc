#include "expr/decimal_arithmetic.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/status.h"
#include "expr/decimal.h"

namespace deltaic {
namespace {

ScaledDecimal Of(const std::string& text) {
  const std::optional<ParsedDecimal> parsed = ParseDecimal(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? ScaledDecimal{parsed->unscaled, parsed->scale} : ScaledDecimal{0, 0};
}

std::string TextOf(const std::optional<Int128>& unscaled, int scale) {
  return unscaled ? FormatDecimal(*unscaled, scale) : "overflow";
}

using Operation = std::optional<Int128> (*)(ScaledDecimal, ScaledDecimal, int);

struct Case {
  Operation operation;
  std::string left;
  std::string right;
  int scale;
  std::string result;
};

TEST(DecimalArithmetic, RoundsHalvesAwayFromZero) {
  const std::string nines(38, '9');
  const std::string tiny = "0." + std::string(37, '0') + "1";
  const std::string half(19, '9');
  const std::string wide = Concat(half, ".", half);
  const Case cases[] = {
      {AddDecimals, "1.5", "2.25", 2, "3.75"},
      {AddDecimals, "1.25", "0", 1, "1.3"},
      {AddDecimals, "-1.25", "0", 1, "-1.3"},
      {AddDecimals, nines, "1", 0, "overflow"},
      {AddDecimals, nines, "-1", 0, "99999999999999999999999999999999999998"},
      {AddDecimals, nines, tiny, 0, nines},
      {AddDecimals, nines, "0.5", 0, "overflow"},
      {AddDecimals, "-" + nines, "0.6", 0, "-" + nines.substr(1) + "8"},
      {AddDecimals, "1", "-" + tiny, 37, "1.0000000000000000000000000000000000000"},
      {AddDecimals, "-3", "2.5" + std::string(35, '0') + "1", 1, "-0.5"},
      {AddDecimals, wide, wide, 6, "20000000000000000000.000000"},
      {MultiplyDecimals, "1.5", "1.5", 1, "2.3"},
      {MultiplyDecimals, "-0.05", "0.1", 2, "-0.01"},
      {MultiplyDecimals, nines, "10", 0, "overflow"},
      {MultiplyDecimals, wide, "1", 6, "10000000000000000000.000000"},
      {MultiplyDecimals, tiny, nines, 6, "1.000000"},
      {MultiplyDecimals, tiny, tiny, 37, "0.0000000000000000000000000000000000000"},
      {DivideDecimals, "10", "3", 6, "3.333333"},
      {DivideDecimals, "-20", "3", 6, "-6.666667"},
      {DivideDecimals, "1", nines, 38, "0.00000000000000000000000000000000000001"},
      {DivideDecimals, nines, "0.1", 6, "overflow"},
      {DivideDecimals, nines, nines, 6, "1.000000"},
      {DivideDecimals, tiny, nines, 6, "0.000000"},
      {DivideDecimals, "0.5", "1", 0, "1"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(TextOf(c.operation(Of(c.left), Of(c.right), c.scale), c.scale), c.result)
        << c.left << " and " << c.right;
  }
}

TEST(DecimalArithmetic, WholePartAndRemainderMakeTheDividend) {
  std::mt19937_64 random(5);
  const auto any = [&](int scale) {
    const int digits = static_cast<int>(random() % 15) + 1;
    const auto value = static_cast<int64_t>(random() % static_cast<uint64_t>(PowerOfTen(digits)));
    return ScaledDecimal{random() % 2 == 0 ? value : -value, scale};
  };
  for (int i = 0; i < 20'000; ++i) {
    const ScaledDecimal left = any(static_cast<int>(random() % 8));
    const ScaledDecimal right = any(static_cast<int>(random() % 8));
    if (right.unscaled == 0) continue;
    const int scale = std::max(left.scale, right.scale);
    const Int128 dividend = left.unscaled * PowerOfTen(scale - left.scale);
    const Int128 divisor = right.unscaled * PowerOfTen(scale - right.scale);
    EXPECT_EQ(DivideToWhole(left, right), dividend / divisor);
    EXPECT_EQ(RemainderOfDecimals(left, right), dividend % divisor);
    const std::optional<Int128> quotient = DivideDecimals(left, right, 6);
    ASSERT_TRUE(quotient.has_value());
    const Int128 error = *quotient * divisor - dividend * 1'000'000;
    EXPECT_LE((error < 0 ? -error : error) * 2, divisor < 0 ? -divisor : divisor);
  }
}

}  // namespace
}  // namespace deltaic
