#include <arrow/api.h>
#include <arrow/compute/api.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "data/values/type_mapping.h"
#include "support/arrays.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::ArrayOf;
using ::deltaic::testing::Batch;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;
using ::testing::HasSubstr;

using TypePtr = std::shared_ptr<arrow::DataType>;

Result<std::shared_ptr<arrow::Array>> ConformColumn(const std::shared_ptr<arrow::Array>& array,
                                                    const std::shared_ptr<arrow::Field>& target) {
  const auto batch = Batch({{arrow::field(target->name(), array->type()), array}});
  DELTAIC_ASSIGN_OR_RETURN(auto conformed, ConformBatch(batch, arrow::schema({target})));
  return conformed->column(0);
}

struct Conversion {
  std::string name;
  TypePtr from;
  std::string json;
  TypePtr to;
  std::string expected;
};

class ConformConverts : public ::testing::TestWithParam<Conversion> {};

TEST_P(ConformConverts, ToTheTarget) {
  const Conversion& c = GetParam();
  // A slice, so that offsets into the buffers matter.
  const auto source = ArrayOf(c.from, c.json);
  const auto expected = ArrayOf(c.to, c.expected);
  for (int64_t offset = 0; offset < 2; ++offset) {
    auto converted = ConformColumn(source->Slice(offset), arrow::field("a", c.to));
    ASSERT_THAT(converted, IsOk());
    ASSERT_TRUE((*converted)->ValidateFull().ok()) << (*converted)->ValidateFull().ToString();
    EXPECT_TRUE((*converted)->type()->Equals(*c.to)) << (*converted)->type()->ToString();
    EXPECT_TRUE((*converted)->Equals(*expected->Slice(offset))) << (*converted)->ToString();
  }
}

TypePtr Utc(arrow::TimeUnit::type unit) { return arrow::timestamp(unit, "UTC"); }
TypePtr Naive(arrow::TimeUnit::type unit) { return arrow::timestamp(unit); }

const auto kMicro = arrow::TimeUnit::MICRO;

INSTANTIATE_TEST_SUITE_P(
    All, ConformConverts,
    ::testing::Values(
        Conversion{"IntWidens", arrow::int8(), "[-3, 4, null]", arrow::int64(), "[-3, 4, null]"},
        Conversion{"IntNarrowsWhereItFits", arrow::int64(), "[-3, 127, null]", arrow::int8(),
                   "[-3, 127, null]"},
        Conversion{"Unsigned", arrow::uint64(), "[0, 18446744073709551615, null]",
                   arrow::decimal128(20, 0), R"(["0", "18446744073709551615", null])"},
        Conversion{"IntToDecimal", arrow::int64(), "[12, -7, null]", arrow::decimal128(4, 2),
                   R"(["12.00", "-7.00", null])"},
        Conversion{
            "IntToScale38", arrow::int8(), "[0, 0, null]", arrow::decimal128(38, 38),
            R"(["0.00000000000000000000000000000000000000", "0.00000000000000000000000000000000000000", null])"},
        Conversion{"IntToDouble", arrow::int32(), "[1, 2, null]", arrow::float64(), "[1, 2, null]"},
        Conversion{"DecimalRescales", arrow::decimal64(5, 1), R"(["1.5", "-2.0", null])",
                   arrow::decimal128(10, 3), R"(["1.500", "-2.000", null])"},
        Conversion{"DoubleToFloatRounds", arrow::float64(), "[0.1, 1.5, null]", arrow::float32(),
                   "[0.1, 1.5, null]"},
        Conversion{"Half", arrow::float16(), "[0.5, 1.5, null]", arrow::float32(),
                   "[0.5, 1.5, null]"},
        Conversion{"LargeString", arrow::large_utf8(), R"(["a", "", null])", arrow::utf8(),
                   R"(["a", "", null])"},
        Conversion{"StringView", arrow::utf8_view(), R"(["a", "a longer text", null])",
                   arrow::utf8(), R"(["a", "a longer text", null])"},
        Conversion{"FixedBinary", arrow::fixed_size_binary(2), R"(["ab", "cd", null])",
                   arrow::binary(), R"(["ab", "cd", null])"},
        Conversion{"Dictionary", arrow::dictionary(arrow::int8(), arrow::utf8()),
                   R"(["x", "y", null, "x"])", arrow::utf8(), R"(["x", "y", null, "x"])"},
        Conversion{"DictionaryOfInts", arrow::dictionary(arrow::int8(), arrow::int16()),
                   "[5, 6, null, 5]", arrow::int64(), "[5, 6, null, 5]"},
        Conversion{"Date64", arrow::date64(), "[86400000, 0, null]", arrow::date32(),
                   "[1, 0, null]"},
        Conversion{"DateToNtz", arrow::date32(), "[1, 0, null]", Naive(kMicro),
                   "[86400000000, 0, null]"},
        Conversion{"NanosWithoutLoss", Utc(arrow::TimeUnit::NANO), "[1000, -2000, null]",
                   Utc(kMicro), "[1, -2, null]"},
        Conversion{"NanosAreCutDown", Utc(arrow::TimeUnit::NANO), "[1999, -1, null]", Utc(kMicro),
                   "[1, -1, null]"},
        Conversion{"OtherZone", arrow::timestamp(arrow::TimeUnit::SECOND, "Europe/Paris"),
                   "[1, 2, null]", Utc(kMicro), "[1000000, 2000000, null]"},
        Conversion{"AllNull", arrow::null(), "[null, null]", arrow::utf8(), "[null, null]"},
        Conversion{"NullsOfAnotherType", arrow::utf8(), "[null, null]", arrow::int64(),
                   "[null, null]"},
        Conversion{"LargeList", arrow::large_list(arrow::int8()), "[[1, null], [], null]",
                   arrow::list(arrow::field("element", arrow::int64())), "[[1, null], [], null]"},
        Conversion{
            "FixedList", arrow::fixed_size_list(arrow::int8(), 2), "[[1, null], [3, 4], null]",
            arrow::list(arrow::field("element", arrow::int64())), "[[1, null], [3, 4], null]"},
        Conversion{"ListView", arrow::list_view(arrow::int8()), "[[1, null], [], null]",
                   arrow::list(arrow::field("element", arrow::int64())), "[[1, null], [], null]"},
        Conversion{"Map", arrow::map(arrow::large_utf8(), arrow::int8()),
                   R"([[["a", 1]], [["b", null], ["c", 2]], null])",
                   arrow::map(arrow::utf8(), arrow::int64()),
                   R"([[["a", 1]], [["b", null], ["c", 2]], null])"},
        Conversion{
            "StructByName",
            arrow::struct_({arrow::field("B", arrow::int8()), arrow::field("a", arrow::int8())}),
            R"([{"a": 1, "B": 2}, {"a": null, "B": 3}, null])",
            arrow::struct_({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64()),
                            arrow::field("new", arrow::utf8())}),
            R"([{"a": 1, "b": 2, "new": null}, {"a": null, "b": 3, "new": null}, null])"},
        Conversion{"NullStructInRequiredField", arrow::null(), "[null, null]",
                   arrow::struct_({arrow::field("a", arrow::int64(), false)}), "[null, null]"}),
    [](const auto& info) { return info.param.name; });

TEST(ConformBatch, DecodesRunEndsAndExtensionStorage) {
  const auto run_ends = ArrayOf(arrow::int32(), "[2, 3]");
  const auto values = ArrayOf(arrow::int32(), "[7, 9]");
  auto encoded = arrow::RunEndEncodedArray::Make(3, run_ends, values);
  ASSERT_TRUE(encoded.ok());
  auto conformed = ConformColumn(*encoded, arrow::field("a", arrow::int64()));
  ASSERT_THAT(conformed, IsOk());
  EXPECT_TRUE((*conformed)->Equals(*ArrayOf(arrow::int64(), "[7, 7, 9]")));
}

struct Refusal {
  std::string name;
  TypePtr from;
  std::string json;
  TypePtr to;
  std::string message;
};

class ConformRefuses : public ::testing::TestWithParam<Refusal> {};

TEST_P(ConformRefuses, WithASchemaMismatch) {
  const Refusal& r = GetParam();
  EXPECT_THAT(ConformColumn(ArrayOf(r.from, r.json), arrow::field("a", r.to)),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr(r.message)));
}

INSTANTIATE_TEST_SUITE_P(
    All, ConformRefuses,
    ::testing::Values(
        Refusal{"StringForLong", arrow::utf8(), R"(["1"])", arrow::int64(),
                "column a: expected long, got string"},
        Refusal{"LongForString", arrow::int64(), "[1]", arrow::utf8(), "expected string, got long"},
        Refusal{"BinaryForString", arrow::binary(), R"(["1"])", arrow::utf8(),
                "expected string, got binary"},
        Refusal{"BooleanForByte", arrow::boolean(), "[true]", arrow::int8(),
                "expected byte, got boolean"},
        Refusal{"ValueTooLarge", arrow::int64(), "[1, 300]", arrow::int8(), "does not fit byte"},
        Refusal{"NegativeInUnsignedSize", arrow::int64(), "[12345]", arrow::decimal128(4, 0),
                "does not fit decimal(4,0)"},
        Refusal{"FractionForLong", arrow::float64(), "[1.5]", arrow::int64(), "does not fit long"},
        Refusal{"DecimalLosesDigits", arrow::decimal128(5, 2), R"(["1.25"])",
                arrow::decimal128(5, 1), "does not fit"},
        Refusal{"DoubleOverflowsFloat", arrow::float64(), "[1e300]", arrow::float32(),
                "out of range"},
        Refusal{"SecondsOverflow", Naive(arrow::TimeUnit::SECOND), "[9223372036854775807]",
                Naive(kMicro), "does not fit timestamp_ntz"},
        Refusal{"NaiveForInstant", Naive(kMicro), "[1]", Utc(kMicro),
                "expected timestamp, got timestamp_ntz"},
        Refusal{"InstantForNaive", Utc(kMicro), "[1]", Naive(kMicro),
                "expected timestamp_ntz, got timestamp"},
        Refusal{"ListForStruct", arrow::list(arrow::int64()), "[[1]]",
                arrow::struct_({arrow::field("x", arrow::int64())}), "got array<long>"},
        Refusal{"NestedMismatch", arrow::list(arrow::utf8()), R"([["1"]])",
                arrow::list(arrow::field("element", arrow::int64())),
                "column a.element: expected long, got string"},
        Refusal{"ExtraStructField", arrow::struct_({arrow::field("y", arrow::int64())}),
                R"([{"y": 1}])", arrow::struct_({arrow::field("x", arrow::int64())}),
                "column a.y: the table has no such column"}),
    [](const auto& info) { return info.param.name; });

TEST(ConformBatch, OrdersColumnsByTheTargetAndFillsMissingOnes) {
  const auto batch =
      Batch({{arrow::field("B", arrow::int64()), ArrayOf(arrow::int64(), "[1]")},
             {arrow::field("a", arrow::utf8()), ArrayOf(arrow::utf8(), R"(["x"])")}});
  const auto target =
      arrow::schema({arrow::field("a", arrow::utf8()), arrow::field("b", arrow::int64()),
                     arrow::field("c", arrow::int64())});
  auto conformed = ConformBatch(batch, target);
  ASSERT_THAT(conformed, IsOk());
  EXPECT_TRUE((*conformed)->schema()->Equals(*target, true));
  EXPECT_TRUE((*conformed)->column(1)->Equals(*ArrayOf(arrow::int64(), "[1]")));
  EXPECT_TRUE((*conformed)->column(2)->Equals(*ArrayOf(arrow::int64(), "[null]")));
}

TEST(ConformBatch, PrefersTheExactName) {
  const auto batch = Batch({{arrow::field("A", arrow::int64()), ArrayOf(arrow::int64(), "[1]")},
                            {arrow::field("a", arrow::int64()), ArrayOf(arrow::int64(), "[2]")}});
  EXPECT_THAT(ConformBatch(batch, arrow::schema({arrow::field("a", arrow::int64())})),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column A: the table has no such")));
}

TEST(ConformBatch, RefusesAmbiguousNames) {
  const auto batch = Batch({{arrow::field("AB", arrow::int64()), ArrayOf(arrow::int64(), "[1]")},
                            {arrow::field("ab", arrow::int64()), ArrayOf(arrow::int64(), "[2]")}});
  EXPECT_THAT(ConformBatch(batch, arrow::schema({arrow::field("Ab", arrow::int64())})),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("more than one column")));
}

TEST(ConformBatch, RefusesAMissingRequiredColumn) {
  const auto batch = Batch({{arrow::field("a", arrow::int64()), ArrayOf(arrow::int64(), "[1]")}});
  const auto target =
      arrow::schema({arrow::field("a", arrow::int64()), arrow::field("b", arrow::int64(), false)});
  EXPECT_THAT(ConformBatch(batch, target),
              StatusIs(StatusCode::kSchemaMismatch, HasSubstr("column b: missing")));
}

TEST(ConformBatch, RefusesNullsInARequiredColumn) {
  EXPECT_THAT(
      ConformColumn(ArrayOf(arrow::int64(), "[1, null]"), arrow::field("a", arrow::int64(), false)),
      StatusIs(StatusCode::kConstraintViolated, HasSubstr("column a: null")));
  const auto list = arrow::list(arrow::field("element", arrow::int64(), false));
  EXPECT_THAT(
      ConformColumn(ArrayOf(arrow::list(arrow::int64()), "[[1, null]]"), arrow::field("a", list)),
      StatusIs(StatusCode::kConstraintViolated, HasSubstr("column a.element: null")));
}

TEST(ConformBatch, NullsBelowANullStructAreNoViolation) {
  const auto source = arrow::struct_({arrow::field("x", arrow::int64())});
  const auto target = arrow::struct_({arrow::field("x", arrow::int64(), false)});
  auto conformed = ConformColumn(ArrayOf(source, R"([{"x": 1}, null])"), arrow::field("a", target));
  ASSERT_THAT(conformed, IsOk());
  EXPECT_TRUE((*conformed)->ValidateFull().ok());
  EXPECT_TRUE((*conformed)->IsNull(1));
  EXPECT_THAT(ConformColumn(ArrayOf(source, R"([{"x": null}, null])"), arrow::field("a", target)),
              StatusIs(StatusCode::kConstraintViolated, HasSubstr("column a.x: null")));
}

TEST(ConformBatch, ValuesBelowNullParentsAreNotJudged) {
  // The second list is null, yet has an element that does not fit.
  const auto values = ArrayOf(arrow::int64(), "[1, 300, 2]");
  const auto offsets = ArrayOf(arrow::int32(), "[0, 1, 2, 3]");
  const auto validity = arrow::Buffer::FromString(std::string(1, '\x05'));
  const auto list = std::make_shared<arrow::ListArray>(
      arrow::list(arrow::int64()), 3, offsets->data()->buffers[1], values, validity, 1);
  const auto target = arrow::list(arrow::field("element", arrow::int8()));
  auto conformed = ConformColumn(list, arrow::field("a", target));
  ASSERT_THAT(conformed, IsOk());
  EXPECT_TRUE((*conformed)->Equals(*ArrayOf(target, "[[1], null, [2]]")))
      << (*conformed)->ToString();
}

}  // namespace
}  // namespace deltaic
