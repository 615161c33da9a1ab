#include "expr/value_cast.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "expr/common_type.h"
#include "expr/decimal.h"
#include "expr/skipping.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOkAndHolds;
using testing::StatusIs;

using I = int64_t;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

DataTypePtr Of(TypeId id) { return DataType::Primitive(id); }
Value Text(const char* text) { return std::string(text); }

struct CastCase {
  Value from;
  DataTypePtr from_type;
  DataTypePtr to_type;
  Value to;
};

TEST(CastValue, ConvertsAsSparkDoes) {
  const DataTypePtr text = Of(TypeId::kString);
  const DataTypePtr real = Of(TypeId::kDouble);
  const DataTypePtr integer = Of(TypeId::kInteger);
  const DataTypePtr at = Of(TypeId::kTimestamp);
  const DataTypePtr day = Of(TypeId::kDate);
  const std::vector<CastCase> cases = {
      {Value(), Of(TypeId::kVoid), integer, Value()},
      {-1.9, real, integer, I{-1}},
      {Int128{-199}, DataType::Decimal(5, 2), integer, I{-1}},
      {true, Of(TypeId::kBoolean), integer, I{1}},
      {Text(" +12 "), text, integer, I{12}},
      {I{16777217}, integer, Of(TypeId::kFloat), 16777216.0},
      {1e300, real, Of(TypeId::kFloat), kInfinity},
      {3.4028235e38, real, Of(TypeId::kFloat), 3.4028234663852886e38},
      {Text("-Infinity"), text, real, -kInfinity},
      {-kInfinity, real, DataType::Decimal(5, 2), Value()},
      {Text("1e3"), text, real, 1000.0},
      {Int128{10}, DataType::Decimal(2, 2), real, 0.1},
      {Int128{-1005}, DataType::Decimal(10, 3), DataType::Decimal(10, 2), Int128{-101}},
      {Int128{1004}, DataType::Decimal(10, 3), DataType::Decimal(10, 2), Int128{100}},
      {0.1, real, DataType::Decimal(3, 1), Int128{1}},
      {double{0.1F}, Of(TypeId::kFloat), DataType::Decimal(10, 9), Int128{100000000}},
      {Text("1.005"), text, DataType::Decimal(10, 2), Int128{101}},
      {I{2}, integer, Of(TypeId::kBoolean), true},
      {Text("NO"), text, Of(TypeId::kBoolean), false},
      {I{-1}, at, day, I{-1}},
      {Text("1970-01-01 00:00:00+01:00"), text, Of(TypeId::kTimestampNtz), I{0}},
      {Text("1970-01-01 1:2:3.4567891 +1"), text, at, I{123'456'789}},
      {Text("1970-01-01T01 UTC"), text, at, I{3'600'000'000}},
      {Text("1970"), text, at, I{0}},
      {Text("+1970-1-2T anything"), text, day, I{1}},
      {Text("1969-12"), text, day, I{-31}},
      {I{-1}, integer, at, I{-1'000'000}},
      {-1.5, real, at, I{-1'500'000}},
      {Int128{1234567}, DataType::Decimal(10, 7), at, I{123'456}},
      {I{-1'500'000}, at, Of(TypeId::kLong), I{-2}},
      {I{1'500'000}, at, real, 1.5},
      {I{1'500'000}, at, DataType::Decimal(10, 2), Int128{150}},
      {I{1}, day, at, I{86'400'000'000}},
      {Text("1970-01-02"), text, day, I{1}},
      {Text("1970-01-01T00:00:00+01:00"), text, at, I{-3'600'000'000}},
      {Text("ab"), text, Of(TypeId::kBinary), Text("ab")},
      {I{500'000}, at, text, Text("1970-01-01 00:00:00.5")},
      {I{0}, at, text, Text("1970-01-01 00:00:00")},
      {I{0}, day, text, Text("1970-01-01")},
      {Int128{-5}, DataType::Decimal(5, 2), text, Text("-0.05")},
      {1.0, real, text, Text("1.0")},
      {false, Of(TypeId::kBoolean), text, Text("false")},
  };
  for (const CastCase& c : cases) {
    SCOPED_TRACE(Concat(c.from_type->ToString(), " to ", c.to_type->ToString()));
    EXPECT_THAT(CastValue(c.from, *c.from_type, *c.to_type), IsOkAndHolds(c.to));
  }
}

TEST(CastValue, RefusesWhatDoesNotFit) {
  const DataTypePtr text = Of(TypeId::kString);
  const std::vector<CastCase> cases = {
      {I{128}, Of(TypeId::kInteger), Of(TypeId::kByte), {}},
      {std::nan(""), Of(TypeId::kDouble), Of(TypeId::kLong), {}},
      {0x1p63, Of(TypeId::kDouble), Of(TypeId::kLong), {}},
      {Text("1.5"), text, Of(TypeId::kInteger), {}},
      {Text("+-1"), text, Of(TypeId::kInteger), {}},
      {Text("nan(1)"), text, Of(TypeId::kDouble), {}},
      {Text("2023-02-29"), text, Of(TypeId::kDate), {}},
      {Text("2023-2-"), text, Of(TypeId::kDate), {}},
      {Text("2023 x"), text, Of(TypeId::kDate), {}},
      {Text("123-01-01"), text, Of(TypeId::kDate), {}},
      {Text("10:11:12"), text, Of(TypeId::kTimestamp), {}},
      {Text("2023-01-01 24:00"), text, Of(TypeId::kTimestamp), {}},
      {Text("2023-01-01 10:00 Mars"), text, Of(TypeId::kTimestamp), {}},
      {1e300, Of(TypeId::kDouble), Of(TypeId::kTimestamp), {}},
      {I{std::numeric_limits<int32_t>::max()}, Of(TypeId::kDate), Of(TypeId::kTimestamp), {}},
      {Int128{1000}, DataType::Decimal(4, 0), DataType::Decimal(3, 0), {}},
      {Int128{995}, DataType::Decimal(3, 1), DataType::Decimal(2, 0), {}},
  };
  for (const CastCase& c : cases) {
    // The last one, 99.5, rounds to a number of three digits.
    EXPECT_THAT(CastValue(c.from, *c.from_type, *c.to_type), StatusIs(StatusCode::kInvalidArgument))
        << c.from_type->ToString() << " to " << c.to_type->ToString();
  }
  EXPECT_THAT(CastValue(I{1}, *Of(TypeId::kDate), *Of(TypeId::kLong)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("a date cannot be cast to long")));
  EXPECT_THAT(CastValue(true, *Of(TypeId::kLong), *Of(TypeId::kInteger)),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("of another kind")));
}

TEST(Decimal, ParsesAndFormats) {
  const auto parsed = [](std::string_view text) -> std::string {
    const auto d = ParseDecimal(text);
    if (!d) return "none";
    return Concat(FormatDecimal(d->unscaled, d->scale), " (", d->precision, ",", d->scale, ")");
  };
  EXPECT_EQ(parsed("1.50"), "1.50 (3,2)");
  EXPECT_EQ(parsed("-0.05"), "-0.05 (2,2)");
  EXPECT_EQ(parsed("+007"), "7 (1,0)");
  EXPECT_EQ(parsed("1.5e3"), "1500 (4,0)");
  EXPECT_EQ(parsed("15E-3"), "0.015 (3,3)");
  EXPECT_EQ(parsed("0e50"), "0 (1,0)");
  EXPECT_EQ(parsed(std::string(38, '9')), std::string(38, '9') + " (38,0)");
  for (const char* bad :
       {"", ".", "-", "1e", "1e+-2", "1.2.3", "1x", "--1", "1e39", "1e999999999"}) {
    EXPECT_EQ(parsed(bad), "none") << bad;
  }
  EXPECT_EQ(parsed(std::string(39, '9')), "none");
}

TEST(Decimal, RescalesWithinItsDigits) {
  const Int128 most = PowerOfTen(38) - 1;
  EXPECT_EQ(RescaleExactly(most, 0, 1), std::nullopt);
  EXPECT_EQ(RescaleExactly(150, 2, 1), Int128{15});
  EXPECT_EQ(RescaleExactly(155, 2, 1), std::nullopt);
  EXPECT_EQ(RescaleRounding(155, 2, 1), Int128{16});
  EXPECT_EQ(RescaleRounding(-155, 2, 1), Int128{-16});
  EXPECT_EQ(RescaleRounding(most, 38, 0), Int128{1});
  EXPECT_EQ(RescaleExactly(0, 0, 38), Int128{0});
}

/// What ConvertLiteralExactly promises, against comparing in the common type.
TEST(ConvertLiteralExactly, ComparesAsTheCommonTypeDoes) {
  struct Typed {
    DataTypePtr type;
    std::vector<Value> values;
  };
  const I kBig = 9007199254740992;  // 2^53
  const std::vector<Typed> all = {
      {Of(TypeId::kByte), {I{-128}, I{0}, I{1}, I{127}}},
      {Of(TypeId::kInteger), {I{0}, I{1}, I{16777216}, I{16777217}, I{1000}}},
      {Of(TypeId::kLong), {I{0}, I{1}, kBig - 1, kBig, kBig + 1, std::numeric_limits<I>::max()}},
      {Of(TypeId::kFloat), {0.0, -0.0, 1.0, double{0.1F}, 16777216.0, kInfinity, std::nan("")}},
      {Of(TypeId::kDouble),
       {0.0, 1.0, 0.1, double{0.1F}, 9007199254740991.0, 0x1p53, 16777217.0, 0x1p63, -kInfinity,
        std::nan("")}},
      {DataType::Decimal(10, 2), {Int128{0}, Int128{100}, Int128{10}, Int128{12700}}},
      {DataType::Decimal(20, 0), {Int128{1}, Int128{kBig}, Int128{kBig} + 1, PowerOfTen(19)}},
      {DataType::Decimal(4, 3), {Int128{1000}, Int128{100}, Int128{1001}}},
  };
  int converted_count = 0;
  for (const Typed& column : all) {
    for (const Typed& literals : all) {
      for (const Value& literal : literals.values) {
        const auto converted = ConvertLiteralExactly(literal, *literals.type, *column.type);
        if (!converted) continue;
        const DataTypePtr common = CommonType(column.type, literals.type);
        ASSERT_NE(common, nullptr);
        for (const Value& value : column.values) {
          ++converted_count;
          const auto left = CastValue(value, *column.type, *common);
          const auto right = CastValue(literal, *literals.type, *common);
          ASSERT_TRUE(left.ok() && right.ok());
          EXPECT_EQ(CompareValues(value, *converted), CompareValues(*left, *right))
              << column.type->ToString() << " with " << literals.type->ToString();
        }
      }
    }
  }
  EXPECT_GT(converted_count, 200);
}

}  // namespace
}  // namespace deltaic
