#include "data/values/type_mapping.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "data/values/variant_column.h"
#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::Field;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::deltaic::testing::Type;
using ::testing::HasSubstr;

struct ForthAndBack {
  DataTypePtr delta;
  std::shared_ptr<arrow::DataType> arrow;
};

class TypeMappingBothWays : public ::testing::TestWithParam<ForthAndBack> {};

TEST_P(TypeMappingBothWays, ComesBack) {
  const auto& [delta, arrow_type] = GetParam();
  auto to = ToArrowType(*delta);
  ASSERT_THAT(to, IsOk());
  EXPECT_TRUE((*to)->Equals(*arrow_type)) << (*to)->ToString();
  auto from = FromArrowType(*arrow_type);
  ASSERT_THAT(from, IsOk());
  EXPECT_TRUE((*from)->Equals(*delta)) << (*from)->ToString();
}

INSTANTIATE_TEST_SUITE_P(
    All, TypeMappingBothWays,
    ::testing::Values(
        ForthAndBack{Type(TypeId::kString), arrow::utf8()},
        ForthAndBack{Type(TypeId::kLong), arrow::int64()},
        ForthAndBack{Type(TypeId::kInteger), arrow::int32()},
        ForthAndBack{Type(TypeId::kShort), arrow::int16()},
        ForthAndBack{Type(TypeId::kByte), arrow::int8()},
        ForthAndBack{Type(TypeId::kFloat), arrow::float32()},
        ForthAndBack{Type(TypeId::kDouble), arrow::float64()},
        ForthAndBack{Type(TypeId::kBoolean), arrow::boolean()},
        ForthAndBack{Type(TypeId::kBinary), arrow::binary()},
        ForthAndBack{Type(TypeId::kDate), arrow::date32()},
        ForthAndBack{Type(TypeId::kTimestamp), arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")},
        ForthAndBack{Type(TypeId::kTimestampNtz), arrow::timestamp(arrow::TimeUnit::MICRO)},
        ForthAndBack{Type(TypeId::kVoid), arrow::null()},
        ForthAndBack{DataType::Decimal(38, 10), arrow::decimal128(38, 10)},
        ForthAndBack{DataType::Struct({Field("a", Type(TypeId::kLong), false)}),
                     arrow::struct_({arrow::field("a", arrow::int64(), false)})},
        ForthAndBack{DataType::Array(Type(TypeId::kLong), false),
                     arrow::list(arrow::field("element", arrow::int64(), false))},
        ForthAndBack{DataType::Map(Type(TypeId::kString), Type(TypeId::kLong), true),
                     arrow::map(arrow::utf8(), arrow::int64())}));

struct OneWay {
  std::shared_ptr<arrow::DataType> arrow;
  std::string delta;
};

class TypeMappingFromArrow : public ::testing::TestWithParam<OneWay> {};

TEST_P(TypeMappingFromArrow, TakesTheNearestType) {
  auto type = FromArrowType(*GetParam().arrow);
  ASSERT_THAT(type, IsOk());
  EXPECT_EQ((*type)->ToString(), GetParam().delta);
}

INSTANTIATE_TEST_SUITE_P(
    All, TypeMappingFromArrow,
    ::testing::Values(OneWay{arrow::uint8(), "short"}, OneWay{arrow::uint16(), "integer"},
                      OneWay{arrow::uint32(), "long"}, OneWay{arrow::uint64(), "long"},
                      OneWay{arrow::float16(), "float"}, OneWay{arrow::date64(), "date"},
                      OneWay{arrow::large_utf8(), "string"}, OneWay{arrow::utf8_view(), "string"},
                      OneWay{arrow::binary_view(), "binary"},
                      OneWay{arrow::fixed_size_binary(3), "binary"},
                      OneWay{arrow::dictionary(arrow::int8(), arrow::large_utf8()), "string"},
                      OneWay{arrow::run_end_encoded(arrow::int32(), arrow::int64()), "long"},
                      OneWay{arrow::timestamp(arrow::TimeUnit::NANO), "timestamp_ntz"},
                      OneWay{arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Paris"),
                             "timestamp"},
                      OneWay{arrow::decimal32(5, 2), "decimal(5,2)"},
                      OneWay{arrow::decimal256(38, 2), "decimal(38,2)"},
                      OneWay{arrow::fixed_size_list(arrow::int64(), 2), "array<long>"},
                      OneWay{arrow::large_list(arrow::int64()), "array<long>"}));

TEST(FromArrowSchema, NamesTheColumnWithoutADeltaType) {
  const auto schema = arrow::schema({arrow::field(
      "a",
      arrow::struct_({arrow::field("b", arrow::list(arrow::time32(arrow::TimeUnit::SECOND)))}))});
  EXPECT_THAT(
      FromArrowSchema(*schema),
      StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column a.b.element: Arrow type time32[s]")));
}

TEST(FromArrowSchema, RefusesNamesThatDifferInCaseOnly) {
  const auto schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("ID", arrow::int64())});
  EXPECT_THAT(FromArrowSchema(*schema),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column ID")));
}

TEST(FromArrowSchema, RefusesDecimalsThatDeltaCannotHold) {
  for (const auto& type : {arrow::decimal256(39, 0), arrow::decimal128(10, -2)}) {
    EXPECT_THAT(FromArrowType(*type), StatusIs(StatusCode::kSchemaMismatch)) << type->ToString();
  }
}

TEST(FromArrowSchema, RefusesBottomlessNesting) {
  std::shared_ptr<arrow::DataType> type = arrow::int64();
  for (int i = 0; i < 200; ++i) type = arrow::list(type);
  EXPECT_THAT(FromArrowType(*type),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("deeper than")));
}

TEST(ToArrowSchema, MarksVariantsWhereverTheyAre) {
  const auto variant = Type(TypeId::kVariant);
  const auto schema =
      DataType::Struct({{"v", variant, true, {}},
                        {"s", DataType::Struct({{"v", variant, false, {}}}), true, {}},
                        {"l", DataType::Array(variant, true), true, {}},
                        {"m", DataType::Map(Type(TypeId::kString), variant, true), true, {}}});
  const auto arrow_schema = ToArrowSchema(*schema);
  ASSERT_THAT(arrow_schema, IsOk());
  EXPECT_TRUE((*arrow_schema)->field(0)->type()->Equals(*VariantArrowType()));
  EXPECT_THAT((*arrow_schema)->field(0)->ToString(true), HasSubstr("arrow.parquet.variant"));
  const auto back = FromArrowSchema(**arrow_schema);
  ASSERT_THAT(back, IsOk());
  EXPECT_TRUE((*back)->Equals(*schema)) << (*back)->ToString();
}

}  // namespace
}  // namespace deltaic
