#include <arrow/api.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "expr/decimal.h"
#include "expr/value_cast.h"
#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::ArrayOf;
using ::deltaic::testing::Batch;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

using ArrayPtr = std::shared_ptr<arrow::Array>;
using TypePtr = std::shared_ptr<arrow::DataType>;

Result<ArrayPtr> Conform(const ArrayPtr& array, const TypePtr& target) {
  const auto batch = Batch({{arrow::field("a", array->type()), array}});
  DELTAIC_ASSIGN_OR_RETURN(auto conformed,
                           ConformBatch(batch, arrow::schema({arrow::field("a", target)})));
  return conformed->column(0);
}

ArrayPtr Decimals(const std::vector<Int128>& values, int precision, int scale) {
  std::vector<Value> all(values.begin(), values.end());
  return *ArrayFromValues(all, *DataType::Decimal(precision, scale));
}

Int128 RandomDecimal(std::mt19937_64& random, int digits) {
  Int128 value = 0;
  for (int i = 0; i < digits; ++i) value = value * 10 + static_cast<int>(random() % 10);
  return random() % 2 == 0 ? value : -value;
}

TEST(ConformNumbers, DecimalsBecomeTheNearestDoubleAndFloat) {
  std::mt19937_64 random(11);
  for (const auto& [precision, scale] :
       {std::pair{10, 2}, {18, 0}, {18, 18}, {25, 3}, {38, 0}, {38, 10}, {38, 38}}) {
    std::vector<Int128> values = {0, 1, -1, 7507, PowerOfTen(precision) - 1};
    for (int i = 0; i < 2000; ++i) {
      values.push_back(RandomDecimal(random, 1 + static_cast<int>(random() % precision)));
    }
    const ArrayPtr decimals = Decimals(values, precision, scale);
    const auto doubles = Conform(decimals, arrow::float64());
    const auto floats = Conform(decimals, arrow::float32());
    ASSERT_THAT(doubles, IsOk());
    ASSERT_THAT(floats, IsOk());
    const DataTypePtr type = DataType::Decimal(precision, scale);
    for (size_t i = 0; i < values.size(); ++i) {
      // What the C library makes of its text, and CAST in a predicate.
      const std::string text = FormatDecimal(values[i], scale);
      const auto row = static_cast<int64_t>(i);
      EXPECT_EQ(ValueAt(**doubles, row), Value(std::strtod(text.c_str(), nullptr))) << text;
      EXPECT_EQ(ValueAt(**floats, row), Value(double{std::strtof(text.c_str(), nullptr)})) << text;
      for (const auto& [array, id] :
           {std::pair{*doubles, TypeId::kDouble}, {*floats, TypeId::kFloat}}) {
        EXPECT_EQ(*CastValue(values[i], *type, *DataType::Primitive(id)), ValueAt(*array, row))
            << text;
      }
    }
  }
}

TEST(ConformNumbers, OtherFormsOfDecimalsConvertAlike) {
  for (const TypePtr& type :
       {arrow::decimal32(6, 2), arrow::decimal64(10, 2), arrow::decimal256(30, 2)}) {
    const auto array = ArrayOf(type, R"(["75.07", null, "-0.01"])");
    for (int64_t offset = 0; offset < 2; ++offset) {
      const auto doubles = Conform(array->Slice(offset), arrow::float64());
      ASSERT_THAT(doubles, IsOk()) << type->ToString();
      EXPECT_TRUE(
          (*doubles)->Equals(*ArrayOf(arrow::float64(), "[75.07, null, -0.01]")->Slice(offset)));
    }
  }
}

TEST(ConformNumbers, DoublesBecomeTheDecimalsThatTheyPrintAs) {
  const auto whole = Conform(ArrayOf(arrow::float64(), "[0.1, -75.07, 1e20, -0.0, null, 3]"),
                             arrow::decimal128(38, 10));
  ASSERT_THAT(whole, IsOk());
  EXPECT_TRUE(
      (*whole)->Equals(*ArrayOf(arrow::decimal128(38, 10), R"(["0.1000000000", "-75.0700000000",
      "100000000000000000000.0000000000", "0.0000000000", null, "3.0000000000"])")))
      << (*whole)->ToString();
  const auto floats = Conform(ArrayOf(arrow::float32(), "[0.1, -75.07]"), arrow::decimal128(10, 2));
  ASSERT_THAT(floats, IsOk());
  EXPECT_TRUE((*floats)->Equals(*ArrayOf(arrow::decimal128(10, 2), R"(["0.10", "-75.07"])")));
}

struct Misfit {
  TypePtr from;
  std::string json;
  TypePtr to;
};

TEST(ConformNumbers, WhatWouldLoseDigitsIsRefused) {
  for (const Misfit& m : {
           Misfit{arrow::float64(), "[1.5]", arrow::decimal128(38, 0)},
           Misfit{arrow::float64(), "[0.125]", arrow::decimal128(10, 2)},
           Misfit{arrow::float64(), "[1e38]", arrow::decimal128(38, 0)},
           Misfit{arrow::float64(), "[NaN]", arrow::decimal128(38, 0)},
           Misfit{arrow::float64(), "[Inf]", arrow::decimal128(38, 0)},
           Misfit{arrow::float32(), "[1.5]", arrow::decimal128(38, 0)},
           Misfit{arrow::float64(), "[1.5]", arrow::int64()},
           Misfit{arrow::decimal128(3, 1), R"(["1.5"])", arrow::int64()},
           Misfit{arrow::decimal128(3, 1), R"(["1.5"])", arrow::decimal128(38, 0)},
           Misfit{arrow::uint64(), "[18446744073709551615]", arrow::int64()},
           Misfit{arrow::uint32(), "[4294967295]", arrow::int32()},
       }) {
    EXPECT_THAT(Conform(ArrayOf(m.from, m.json), m.to),
                StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column a: a value does not fit")))
        << m.json << " to " << m.to->ToString();
  }
}

TEST(ConformNumbers, RandomIntegersConvertOrAreRefusedByTheirRange) {
  std::mt19937_64 random(5);
  const std::vector<TypePtr> from = {arrow::int8(),   arrow::int16(), arrow::int32(),
                                     arrow::int64(),  arrow::uint8(), arrow::uint16(),
                                     arrow::uint32(), arrow::uint64()};
  struct Target {
    TypePtr type;
    Int128 min, max;
  };
  const std::vector<Target> targets = {{arrow::int8(), -128, 127},
                                       {arrow::int16(), -32768, 32767},
                                       {arrow::int32(), -2147483648LL, 2147483647},
                                       {arrow::int64(), INT64_MIN, INT64_MAX},
                                       {arrow::decimal128(5, 0), -99999, 99999},
                                       {arrow::decimal128(38, 18), INT64_MIN, UINT64_MAX}};
  for (int round = 0; round < 2000; ++round) {
    const TypePtr& type = from[random() % from.size()];
    const Target& to = targets[random() % targets.size()];
    const bool is_signed = arrow::is_signed_integer(type->id());
    const int bits = arrow::bit_width(type->id());
    const uint64_t raw = random() >> (random() % 64);
    const Int128 value = is_signed ? Int128{static_cast<int64_t>(raw << (64 - bits)) >> (64 - bits)}
                                   : Int128{raw & (~uint64_t{0} >> (64 - bits))};
    const std::string text = FormatDecimal(value, 0);
    const auto cast = Conform(ArrayOf(type, "[null, " + text + "]")->Slice(1), to.type);
    EXPECT_EQ(cast.ok(), value >= to.min && value <= to.max)
        << text << " of " << type->ToString() << " as " << to.type->ToString();
    if (!cast.ok()) continue;
    const Value got = ValueAt(**cast, 0);
    const auto* unscaled = std::get_if<Int128>(&got);
    const Int128 whole =
        unscaled == nullptr
            ? Int128{std::get<int64_t>(got)}
            : *unscaled / PowerOfTen(to.type->id() == arrow::Type::DECIMAL128 &&
                                             to.type->ToString().find("18)") != std::string::npos
                                         ? 18
                                         : 0);
    EXPECT_TRUE(whole == value) << text;
  }
}

TEST(ConformNumbers, TimesAreCutDownToMicrosecondsOnBothSidesOfTheEpoch) {
  const auto micros = arrow::timestamp(arrow::TimeUnit::MICRO);
  const auto nanos = arrow::timestamp(arrow::TimeUnit::NANO);
  const auto times = ArrayOf(nanos, "[1, 999, 1000, 1001, -1, -999, -1000, -1001, null]");
  const auto cut = Conform(times, micros);
  ASSERT_THAT(cut, IsOk());
  EXPECT_TRUE((*cut)->Equals(*ArrayOf(micros, "[0, 0, 1, 1, -1, -1, -1, -2, null]")))
      << (*cut)->ToString();
  const auto days =
      Conform(ArrayOf(arrow::date64(), "[86400001, 1, -1, -86400000, null]"), arrow::date32());
  ASSERT_THAT(days, IsOk());
  EXPECT_TRUE((*days)->Equals(*ArrayOf(arrow::date32(), "[1, 0, -1, -1, null]")));
}

}  // namespace
}  // namespace deltaic
