#include "protocol/partition_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

constexpr int64_t kSecond = 1'000'000;

DataTypePtr Type(TypeId id) { return DataType::Primitive(id); }

Int128 Big(int64_t high, int64_t low) { return Int128{high} * 1'000'000'000'000'000'000 + low; }

struct ParseCase {
  DataTypePtr type;
  std::string text;
  Value value;
};

TEST(ParsePartitionValue, TextMeansTheValue) {
  const auto timestamp = Type(TypeId::kTimestamp);
  const auto ntz = Type(TypeId::kTimestampNtz);
  const auto decimal = DataType::Decimal(10, 2);
  const auto widest = DataType::Decimal(38, 18);
  const ParseCase cases[] = {
      {Type(TypeId::kString), "a b/\xC3\xA9", Value(std::string("a b/\xC3\xA9"))},
      {Type(TypeId::kString), "null", Value(std::string("null"))},
      {Type(TypeId::kBinary), "\x01\x02", Value(std::string("\x01\x02"))},
      {Type(TypeId::kBoolean), "true", Value(true)},
      {Type(TypeId::kBoolean), "False", Value(false)},
      {Type(TypeId::kByte), "-128", Value(int64_t{-128})},
      {Type(TypeId::kShort), "32767", Value(int64_t{32767})},
      {Type(TypeId::kInteger), "-2147483648", Value(int64_t{-2147483648})},
      {Type(TypeId::kLong), "-9223372036854775808", Value(std::numeric_limits<int64_t>::min())},
      {Type(TypeId::kDouble), "1.0", Value(1.0)},
      {Type(TypeId::kDouble), "7", Value(7.0)},
      {Type(TypeId::kDouble), "-1.0E10", Value(-1e10)},
      {Type(TypeId::kDouble), "4.9E-324", Value(4.9e-324)},
      {Type(TypeId::kDouble), "-Infinity", Value(-std::numeric_limits<double>::infinity())},
      {Type(TypeId::kFloat), "0.1", Value(double{0.1f})},
      {Type(TypeId::kFloat), "3.4028235E38", Value(double{std::numeric_limits<float>::max()})},
      {decimal, "12.34", Value(Int128{1234})},
      {decimal, "-12.3", Value(Int128{-1230})},
      {decimal, "12", Value(Int128{1200})},
      {decimal, "+00000000000012.3400", Value(Int128{1234})},
      {decimal, ".5", Value(Int128{50})},
      {decimal, "1.2E+3", Value(Int128{120000})},
      {decimal, "0E-18", Value(Int128{0})},
      {decimal, "-0.00", Value(Int128{0})},
      {decimal, "99999999.99", Value(Int128{9999999999})},
      {widest, "1E-7", Value(Int128{100'000'000'000})},
      {widest, "-99999999999999999999.999999999999999999",
       Value(-(Big(99, 999'999'999'999'999'999) * 1'000'000'000'000'000'000 +
               999'999'999'999'999'999))},
      {Type(TypeId::kDate), "1970-01-02", Value(int64_t{1})},
      {Type(TypeId::kDate), "-0001-12-31", Value(int64_t{-719529})},
      {Type(TypeId::kDate), "10000-01-01", Value(int64_t{2932897})},
      {timestamp, "1970-01-01 00:00:01", Value(kSecond)},
      {timestamp, "1970-01-01 00:00:00.1", Value(kSecond / 10)},
      {timestamp, "1970-01-01 00:00:00.123456", Value(int64_t{123456})},
      {timestamp, "1970-01-01T00:00:00.123456Z", Value(int64_t{123456})},
      {timestamp, "1970-01-01T01:00:00+01:00", Value(int64_t{0})},
      {timestamp, "1969-12-31 23:59:59.999999", Value(int64_t{-1})},
      {ntz, "1970-01-01 00:00:01.5", Value(kSecond * 3 / 2)},
      {ntz, "1970-01-02", Value(86'400 * kSecond)},
  };
  for (const ParseCase& c : cases) {
    const Result<Value> value = ParsePartitionValue(c.text, *c.type);
    ASSERT_THAT(value, IsOk()) << c.type->ToString() << " " << c.text;
    EXPECT_TRUE(*value == c.value) << c.type->ToString() << " " << c.text;
  }
}

TEST(ParsePartitionValue, NaNIsANumber) {
  for (const TypeId id : {TypeId::kDouble, TypeId::kFloat}) {
    const auto value = ParsePartitionValue("NaN", *Type(id));
    ASSERT_THAT(value, IsOk());
    EXPECT_TRUE(std::isnan(std::get<double>(*value)));
  }
}

TEST(ParsePartitionValue, AbsentAndEmptyTextAreNullForEveryType) {
  for (const TypeId id :
       {TypeId::kString, TypeId::kLong, TypeId::kDouble, TypeId::kBoolean, TypeId::kBinary,
        TypeId::kDate, TypeId::kTimestamp, TypeId::kTimestampNtz, TypeId::kVoid}) {
    for (const std::optional<std::string>& text :
         {std::optional<std::string>(), std::optional<std::string>("")}) {
      const auto value = ParsePartitionValue(text, *Type(id));
      ASSERT_THAT(value, IsOk());
      EXPECT_TRUE(IsNull(*value));
    }
  }
}

TEST(ParsePartitionValue, TextOfAnotherTypeIsRefused) {
  const std::pair<DataTypePtr, std::string> cases[] = {
      {Type(TypeId::kByte), "128"},
      {Type(TypeId::kShort), "-32769"},
      {Type(TypeId::kInteger), "2147483648"},
      {Type(TypeId::kLong), "9223372036854775808"},
      {Type(TypeId::kLong), "1.0"},
      {Type(TypeId::kLong), " 1"},
      {Type(TypeId::kLong), "1x"},
      {Type(TypeId::kLong), "-"},
      {Type(TypeId::kDouble), "1.0 "},
      {Type(TypeId::kDouble), "1,5"},
      {Type(TypeId::kDouble), "0x1p3"},
      {Type(TypeId::kDouble), "nan(1)"},
      {Type(TypeId::kDouble), "1E400"},
      {Type(TypeId::kFloat), "1E39"},
      {Type(TypeId::kBoolean), "1"},
      {Type(TypeId::kBoolean), "tru"},
      {Type(TypeId::kBoolean), std::string("TRU\x05", 4)},
      {Type(TypeId::kDate), "2024-02-30"},
      {Type(TypeId::kDate), "2024-02-01 00:00:00"},
      {Type(TypeId::kTimestamp), "yesterday"},
      {Type(TypeId::kTimestamp), "2024-01-01 25:00:00"},
      {Type(TypeId::kTimestampNtz), "999999-01-01 00:00:00"},
      {Type(TypeId::kVoid), "x"},
      {Type(TypeId::kVariant), "{}"},
      {DataType::Array(Type(TypeId::kLong), true), "[]"},
      {DataType::Struct({}), "{}"},
  };
  for (const auto& [type, text] : cases) {
    EXPECT_THAT(ParsePartitionValue(text, *type),
                StatusIs(StatusCode::kCorruption, HasSubstr(type->ToString())))
        << text;
  }
}

TEST(ParsePartitionValue, TextThatIsNoDecimalOfTheTypeIsRefused) {
  const auto type = DataType::Decimal(10, 2);
  for (const std::string text :
       {"-", ".", "1.234", "100000000.00", "1e", "1e+", "1e99999", "1e32767", "1e-32768", "1e8",
        "1.2.3", "--1", "0x1", "NaN", "1 ", "123456789012345678901234567890123456789012"}) {
    EXPECT_THAT(ParsePartitionValue(text, *type), StatusIs(StatusCode::kCorruption)) << text;
  }
  const std::string long_zeros = "1." + std::string(1'000'000, '0');
  const auto refused = ParsePartitionValue(long_zeros, *type);
  ASSERT_THAT(refused, StatusIs(StatusCode::kCorruption));
  EXPECT_LT(refused.status().message().size(), 300U);
}

TEST(FormatPartitionValue, IsTheProtocolsText) {
  const ParseCase cases[] = {
      {Type(TypeId::kString), "a b", Value(std::string("a b"))},
      {Type(TypeId::kBinary), std::string("\0\x01", 2), Value(std::string("\0\x01", 2))},
      {Type(TypeId::kBoolean), "true", Value(true)},
      {Type(TypeId::kByte), "-1", Value(int64_t{-1})},
      {Type(TypeId::kLong), "9223372036854775807", Value(std::numeric_limits<int64_t>::max())},
      {Type(TypeId::kDouble), "1.0", Value(1.0)},
      {Type(TypeId::kFloat), "0.1", Value(double{0.1f})},
      {DataType::Decimal(10, 2), "12.34", Value(Int128{1234})},
      {DataType::Decimal(10, 2), "-0.05", Value(Int128{-5})},
      {DataType::Decimal(10, 2), "0.00", Value(Int128{0})},
      {DataType::Decimal(10, 0), "-7", Value(Int128{-7})},
      {DataType::Decimal(3, 3), "0.001", Value(Int128{1})},
      {DataType::Decimal(38, 0), "99999999999999999999999999999999999999",
       Value(Big(99, 999'999'999'999'999'999) * 1'000'000'000'000'000'000 +
             999'999'999'999'999'999)},
      {Type(TypeId::kDate), "1969-12-31", Value(int64_t{-1})},
      {Type(TypeId::kTimestamp), "1969-12-31T23:59:59.999999Z", Value(int64_t{-1})},
      {Type(TypeId::kTimestampNtz), "1970-01-01 00:00:01.500000", Value(kSecond * 3 / 2)},
  };
  for (const ParseCase& c : cases) {
    EXPECT_EQ(FormatPartitionValue(c.value, *c.type), c.text) << c.type->ToString();
    EXPECT_TRUE(*ParsePartitionValue(c.text, *c.type) == c.value) << c.text;
  }
}

TEST(FormatPartitionValue, NullAndEmptyTextHaveNone) {
  EXPECT_EQ(FormatPartitionValue(Value(), *Type(TypeId::kLong)), std::nullopt);
  EXPECT_EQ(FormatPartitionValue(Value(std::string()), *Type(TypeId::kString)), std::nullopt);
  EXPECT_EQ(FormatPartitionValue(Value(std::string()), *Type(TypeId::kBinary)), std::nullopt);
}

TEST(FormatJavaDouble, IsWhatDoubleToStringGives) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0.0"},
      {-0.0, "-0.0"},
      {1, "1.0"},
      {-1.5, "-1.5"},
      {100, "100.0"},
      {123456.789, "123456.789"},
      {1234567, "1234567.0"},
      {9999999, "9999999.0"},
      {9999999.999, "9999999.999"},
      {1e7, "1.0E7"},
      {12345678, "1.2345678E7"},
      {1e10, "1.0E10"},
      {0.1, "0.1"},
      {0.001, "0.001"},
      {0.00123, "0.00123"},
      {0.000999, "9.99E-4"},
      {1e-5, "1.0E-5"},
      {1e23, "1.0E23"},
      {3.141592653589793, "3.141592653589793"},
      {1.7976931348623157e308, "1.7976931348623157E308"},
      {2.2250738585072014e-308, "2.2250738585072014E-308"},
      {4.9e-324, "4.9E-324"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {std::numeric_limits<double>::infinity(), "Infinity"},
      {-std::numeric_limits<double>::infinity(), "-Infinity"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(FormatJavaDouble(value), text);
}

TEST(FormatJavaFloat, IsWhatFloatToStringGives) {
  const std::pair<float, const char*> cases[] = {
      {0.0f, "0.0"},
      {-0.0f, "-0.0"},
      {1.0f, "1.0"},
      {0.1f, "0.1"},
      {3.4028235e38f, "3.4028235E38"},
      {1.4e-45f, "1.4E-45"},
      {1.6777216e7f, "1.6777216E7"},
      {1e-3f, "0.001"},
      {33554432.0f, "3.3554432E7"},
      {-std::numeric_limits<float>::infinity(), "-Infinity"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(FormatJavaFloat(value), text);
}

// What Java writes reads back as the same number, over all magnitudes.
TEST(FormatJavaDouble, RoundTrips) {
  for (int exponent = -320; exponent <= 307; ++exponent) {
    for (const double digits : {1.0, 1.25, 3.3333333333333335, 9.999999999999998}) {
      const double value = digits * std::pow(10.0, exponent);
      EXPECT_TRUE(*ParsePartitionValue(FormatJavaDouble(value), *Type(TypeId::kDouble)) ==
                  Value(value))
          << FormatJavaDouble(value);
    }
  }
}

TEST(EscapePathName, EscapesExactlyTheHiveSet) {
  std::string escaped;
  for (int c = 1; c < 0x80; ++c) {
    const std::string text(1, static_cast<char>(c));
    if (EscapePathName(text) != text) escaped += text;
  }
  std::string expected;
  for (int c = 1; c < 0x20; ++c) expected += static_cast<char>(c);
  expected += "\"#%'*/:=?[\\]^{\x7F";
  EXPECT_EQ(escaped, expected);
  EXPECT_EQ(EscapePathName("a/b c%\n\xC3\xA9"), "a%2Fb c%25%0A\xC3\xA9");
}

TEST(PartitionDirectory, JoinsNamesAndValues) {
  EXPECT_EQ(PartitionDirectory({}), "");
  EXPECT_EQ(PartitionDirectory({{"a", "1"}, {"b/c", "x=y"}, {"n", std::nullopt}, {"e", ""}}),
            "a=1/b%2Fc=x%3Dy/n=__HIVE_DEFAULT_PARTITION__/e=__HIVE_DEFAULT_PARTITION__");
  EXPECT_EQ(PartitionDirectory({{"t", "1970-01-01T00:00:00.000000Z"}}),
            "t=1970-01-01T00%3A00%3A00.000000Z");
}

}  // namespace
}  // namespace deltaic
