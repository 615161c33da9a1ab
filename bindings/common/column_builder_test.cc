#include "common/column_builder.h"

#include <cmath>
#include <limits>

#include "common/test_maker.h"
#include "support/arrays.h"

namespace deltaic_rows {
namespace {

using ::deltaic::testing::ArrayOf;
using testing::ExportedColumn;

/// Appends the value of a row, whatever its type.
bool Copy(const Column& from, int64_t row, ColumnBuilder* to) {
  if (from.IsNull(row)) {
    to->AppendNull();
    return true;
  }
  switch (from.type().kind) {
    case Kind::kNull:
      return false;
    case Kind::kBoolean:
      return to->AppendBoolean(from.Boolean(row));
    case Kind::kInteger:
      return to->AppendInteger(from.Integer(row));
    case Kind::kFloat:
      return to->AppendFloat(from.Float(row));
    case Kind::kDecimal: {
      char text[kMaxDecimalText];
      return to->AppendDecimal(FormatDecimal(from.Unscaled(row), from.type().scale, text));
    }
    case Kind::kText:
    case Kind::kBinary:
      return to->AppendBytes(from.Bytes(row));
    case Kind::kDate:
      return to->AppendDays(from.Integer(row));
    case Kind::kTimestamp:
    case Kind::kTimestampNtz:
      return to->AppendMicros(from.Micros(row));
    case Kind::kList:
    case Kind::kMap: {
      const Span span = from.Elements(row);
      for (size_t i = 0; i < from.type().children.size(); ++i) {
        for (int64_t item = span.begin; item < span.end; ++item) {
          if (!Copy(from.child(i), item, &to->child(i))) return false;
        }
      }
      return to->EndList();
    }
    case Kind::kStruct:
    case Kind::kVariant:
      for (size_t i = 0; i < from.type().children.size(); ++i) {
        if (!Copy(from.child(i), row, &to->child(i))) return false;
      }
      to->EndStruct();
      return true;
  }
  return false;
}

std::shared_ptr<arrow::Array> Imported(ColumnBuilder* builder) {
  ArrowArray array{};
  ArrowSchema schema{};
  builder->Export(&array);
  MakeSchema(builder->type(), &schema);
  auto imported = arrow::ImportArray(&array, &schema);
  EXPECT_TRUE(imported.ok()) << imported.status().ToString();
  EXPECT_TRUE((*imported)->ValidateFull().ok()) << (*imported)->ValidateFull().ToString();
  return *imported;
}

struct BuildCase {
  const char* name;
  std::shared_ptr<arrow::DataType> type;
  const char* json;
};

class BuilderOfType : public ::testing::TestWithParam<BuildCase> {};

TEST_P(BuilderOfType, MakesWhatItWasGivenTwice) {
  const auto array = ArrayOf(GetParam().type, GetParam().json);
  const ExportedColumn column(*array, arrow::Field("c", array->type()));
  const ColumnType type = BuildableType(column.type());
  ColumnBuilder builder(type);
  for (int round = 0; round < 2; ++round) {
    for (int64_t row = 0; row < column.length(); ++row) {
      ASSERT_TRUE(Copy(column.column(), row, &builder)) << row;
    }
    EXPECT_EQ(builder.length(), column.length());
    const auto built = Imported(&builder);
    EXPECT_EQ(builder.length(), 0);
    EXPECT_TRUE(built->Equals(*array)) << built->ToString() << array->ToString();
  }
}

const BuildCase kBuildCases[] = {
    {"Null", arrow::null(), "[null, null]"},
    {"Boolean", arrow::boolean(), "[true, null, false, true, true, true, true, true, true, null]"},
    {"Byte", arrow::int8(), "[-128, 127, null]"},
    {"Short", arrow::int16(), "[-32768, 5]"},
    {"Integer", arrow::int32(), "[null, 2147483647]"},
    {"Long", arrow::int64(), "[1, -9223372036854775808]"},
    {"Float", arrow::float32(), "[1.5, null]"},
    {"Double", arrow::float64(), "[0.25, -2]"},
    {"Text", arrow::utf8(), R"(["a", "", null, "ü"])"},
    {"NoText", arrow::utf8(), "[null]"},
    {"Empty", arrow::list(arrow::utf8()), "[]"},
    {"Binary", arrow::binary(), R"(["A", null])"},
    {"Decimal", arrow::decimal128(38, 10),
     R"(["1.2500000000", "-9999999999999999999999999999.0000000000", null])"},
    {"Date", arrow::date32(), "[0, -719162]"},
    {"Timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[1, null]"},
    {"TimestampNtz", arrow::timestamp(arrow::TimeUnit::MICRO), "[1, -1]"},
    {"List", arrow::list(arrow::int32()), "[[1, 2], null, [], [null]]"},
    {"Map", arrow::map(arrow::utf8(), arrow::int32()), R"([[["a", 1], ["b", null]], null, []])"},
    {"Struct",
     arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::utf8())}),
     R"([{"x": 1, "y": "a"}, null, {"x": null, "y": "b"}])"},
    {"Deep", arrow::list(arrow::map(arrow::int32(), arrow::list(arrow::date32()))),
     "[[[[1, [7, null]]]], [[], null]]"},
};

INSTANTIATE_TEST_SUITE_P(Types, BuilderOfType, ::testing::ValuesIn(kBuildCases),
                         [](const auto& info) { return info.param.name; });

ColumnType Leaf(Kind kind, int byte_width) {
  ColumnType type;
  type.kind = kind;
  type.layout = kind == Kind::kBoolean ? Layout::kBits : Layout::kFixed;
  type.byte_width = byte_width;
  return type;
}

TEST(ColumnBuilder, NullsAfterManyValuesLeaveThoseAsTheyWere) {
  const ColumnType type = Leaf(Kind::kInteger, 8);
  ColumnBuilder builder(type);
  for (int64_t i = 0; i < 100; ++i) ASSERT_TRUE(builder.AppendInteger(i));
  builder.AppendNull();
  ASSERT_TRUE(builder.AppendInteger(7));
  const auto array = std::static_pointer_cast<arrow::Int64Array>(Imported(&builder));
  EXPECT_EQ(array->null_count(), 1);
  EXPECT_TRUE(array->IsNull(100));
  EXPECT_EQ(array->Value(99), 99);
  EXPECT_EQ(array->Value(101), 7);
}

TEST(ColumnBuilder, WhatDoesNotFitAddsNothing) {
  struct Misfit {
    ColumnType type;
    bool (*append)(ColumnBuilder*);
  };
  ColumnType decimal = Leaf(Kind::kDecimal, 16);
  decimal.precision = 5;
  decimal.scale = 2;
  const Misfit misfits[] = {
      {Leaf(Kind::kInteger, 1), [](ColumnBuilder* to) { return to->AppendInteger(128); }},
      {Leaf(Kind::kInteger, 2), [](ColumnBuilder* to) { return to->AppendInteger(-32769); }},
      {Leaf(Kind::kInteger, 4), [](ColumnBuilder* to) { return to->AppendInteger(1LL << 31); }},
      {Leaf(Kind::kInteger, 8), [](ColumnBuilder* to) { return to->AppendFloat(1); }},
      {Leaf(Kind::kInteger, 8), [](ColumnBuilder* to) { return to->AppendBytes("1"); }},
      {Leaf(Kind::kFloat, 4), [](ColumnBuilder* to) { return to->AppendFloat(1e300); }},
      {Leaf(Kind::kFloat, 4), [](ColumnBuilder* to) { return to->AppendInteger(16777217); }},
      {Leaf(Kind::kFloat, 8), [](ColumnBuilder* to) { return to->AppendInteger((1LL << 53) + 1); }},
      {Leaf(Kind::kFloat, 8), [](ColumnBuilder* to) { return to->AppendBoolean(true); }},
      {Leaf(Kind::kBoolean, 0), [](ColumnBuilder* to) { return to->AppendInteger(1); }},
      {Leaf(Kind::kDate, 4), [](ColumnBuilder* to) { return to->AppendDays(1LL << 31); }},
      {Leaf(Kind::kDate, 4), [](ColumnBuilder* to) { return to->AppendMicros(1); }},
      {Leaf(Kind::kTimestamp, 8), [](ColumnBuilder* to) { return to->AppendDays(1); }},
      {decimal, [](ColumnBuilder* to) { return to->AppendDecimal("1000"); }},
      {decimal, [](ColumnBuilder* to) { return to->AppendDecimal("1.005"); }},
      {decimal, [](ColumnBuilder* to) { return to->AppendInteger(1000); }},
  };
  for (const Misfit& misfit : misfits) {
    ColumnBuilder builder(misfit.type);
    EXPECT_FALSE(misfit.append(&builder)) << TypeText(misfit.type);
    EXPECT_EQ(builder.length(), 0);
    EXPECT_EQ(Imported(&builder)->length(), 0);
  }
}

TEST(ColumnBuilder, FloatsKeepWhatIsNoNumber) {
  const ColumnType type = Leaf(Kind::kFloat, 4);
  ColumnBuilder builder(type);
  EXPECT_TRUE(builder.AppendFloat(std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(builder.AppendFloat(std::numeric_limits<double>::quiet_NaN()));
  const auto array = std::static_pointer_cast<arrow::FloatArray>(Imported(&builder));
  EXPECT_TRUE(std::isinf(array->Value(0)));
  EXPECT_TRUE(std::isnan(array->Value(1)));
}

TEST(MakeSchema, ParsesBackAsItself) {
  const auto type = arrow::struct_(
      {arrow::field("a", arrow::list(arrow::int16()), false),
       arrow::field("m", arrow::map(arrow::utf8(), arrow::decimal128(9, 3))),
       arrow::field(
           "v",
           arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                           arrow::field("value", arrow::binary(), false)}),
           true, arrow::key_value_metadata({"ARROW:extension:name"}, {"arrow.parquet.variant"}))});
  ArrowSchema schema{};
  ASSERT_TRUE(arrow::ExportField(arrow::Field("s", type), &schema).ok());
  const ColumnType parsed = ParseSchema(schema);
  schema.release(&schema);
  EXPECT_EQ(parsed.children[2].kind, Kind::kVariant);
  EXPECT_FALSE(parsed.children[0].nullable);
  MakeSchema(BuildableType(parsed), &schema);
  EXPECT_EQ(TypeText(ParseSchema(schema)), TypeText(parsed));
  const auto imported = arrow::ImportField(&schema);
  ASSERT_TRUE(imported.ok()) << imported.status().ToString();
  EXPECT_TRUE((*imported)->type()->field(2)->HasMetadata());
}

}  // namespace
}  // namespace deltaic_rows
