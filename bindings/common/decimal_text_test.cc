#include "common/decimal_text.h"

#include <gtest/gtest.h>

#include <string>

namespace deltaic_rows {
namespace {

std::string Format(__int128 unscaled, int scale) {
  char text[kMaxDecimalText];
  return std::string(FormatDecimal(unscaled, scale, text));
}

/// The text of what was parsed; "no" where nothing was.
std::string Parse(const char* text, int precision, int scale) {
  __int128 value = 0;
  return ParseDecimal(text, precision, scale, &value) ? Format(value, scale) : "no";
}

TEST(FormatDecimal, PutsThePoint) {
  EXPECT_EQ(Format(0, 0), "0");
  EXPECT_EQ(Format(0, 3), "0.000");
  EXPECT_EQ(Format(-5, 2), "-0.05");
  EXPECT_EQ(Format(12345, 2), "123.45");
  EXPECT_EQ(Format(-7, 0), "-7");
}

TEST(ParseDecimal, TakesWhatKeepsItsValue) {
  EXPECT_EQ(Parse("1.5", 5, 2), "1.50");
  EXPECT_EQ(Parse("-1.50000", 5, 2), "-1.50");
  EXPECT_EQ(Parse("+00012", 5, 2), "12.00");
  EXPECT_EQ(Parse("0.1e2", 5, 2), "10.00");
  EXPECT_EQ(Parse("125E-2", 5, 2), "1.25");
  EXPECT_EQ(Parse(".5", 5, 2), "0.50");
  EXPECT_EQ(Parse("0e99999", 5, 2), "0.00");
  EXPECT_EQ(Parse("-0", 5, 2), "0.00");
  const std::string nines(38, '9');
  EXPECT_EQ(Parse(nines.c_str(), 38, 0), nines);
  EXPECT_EQ(Parse(("-" + nines).c_str(), 38, 0), "-" + nines);
}

TEST(ParseDecimal, RefusesTheRest) {
  for (const char* text : {"", "-", ".", "1.2.3", "1e", "1e+", "abc", "1 ", " 1", "NaN", "Infinity",
                           "1.005", "1000", "1e3", "1e100000", "1e-100001", "--1"}) {
    EXPECT_EQ(Parse(text, 5, 2), "no") << text;
  }
  EXPECT_EQ(Parse(std::string(39, '9').c_str(), 38, 0), "no");
}

}  // namespace
}  // namespace deltaic_rows
