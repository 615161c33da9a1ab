#include "common/column.h"

#include <gmock/gmock.h>

#include "common/test_maker.h"
#include "support/arrays.h"

namespace deltaic_rows {
namespace {

using ::deltaic::testing::ArrayOf;
using testing::ExportedColumn;

std::string TextOf(const std::shared_ptr<arrow::Array>& array) {
  return ExportedColumn(*array, arrow::Field("c", array->type())).Text();
}

struct TypeCase {
  const char* name;
  std::shared_ptr<arrow::DataType> type;
  const char* json;
  const char* expected;
};

class ColumnOfType : public ::testing::TestWithParam<TypeCase> {};

TEST_P(ColumnOfType, GivesItsValues) {
  const TypeCase& given = GetParam();
  EXPECT_EQ(TextOf(ArrayOf(given.type, given.json)), given.expected);
}

TEST_P(ColumnOfType, GivesThoseOfASlice) {
  const TypeCase& given = GetParam();
  const auto array = ArrayOf(given.type, given.json);
  const std::string all = given.expected;
  EXPECT_EQ(TextOf(array->Slice(1)), all.substr(all.find(" | ") + 3));
}

TEST_P(ColumnOfType, GivesThoseInsideASlicedStruct) {
  const TypeCase& given = GetParam();
  const auto array = ArrayOf(given.type, given.json);
  const auto inner = *arrow::StructArray::Make({array}, {arrow::field("m", given.type)});
  const auto outer =
      *arrow::StructArray::Make({inner->Slice(0)}, {arrow::field("s", inner->type())});
  std::string expected;
  const std::string all = given.expected;
  for (size_t at = all.find(" | ") + 3; at != std::string::npos + 3;) {
    const size_t end = all.find(" | ", at);
    if (!expected.empty()) expected += " | ";
    expected += "{s: {m: " + all.substr(at, end - at) + "}}";
    at = end + 3;
  }
  EXPECT_EQ(TextOf(outer->Slice(1)), expected);
}

const TypeCase kTypeCases[] = {
    {"Null", arrow::null(), "[null, null]", "null | null"},
    {"Boolean", arrow::boolean(), "[true, null, false]", "true | null | false"},
    {"Byte", arrow::int8(), "[-128, 127, null]", "-128 | 127 | null"},
    {"Short", arrow::int16(), "[-32768, 5]", "-32768 | 5"},
    {"Integer", arrow::int32(), "[null, 2147483647]", "null | 2147483647"},
    {"Unsigned", arrow::uint32(), "[1, 4294967295]", "1 | 4294967295"},
    {"Long", arrow::int64(), "[1, -9223372036854775808]", "1 | -9223372036854775808"},
    {"Float", arrow::float32(), "[1.5, null]", "1.5f | null"},
    {"Double", arrow::float64(), "[0.25, -2]", "0.25f | -2f"},
    {"Text", arrow::utf8(), R"(["a", "", null, "ü"])", "'a' | '' | null | 'ü'"},
    {"LargeText", arrow::large_utf8(), R"(["a", "bc"])", "'a' | 'bc'"},
    {"TextView", arrow::utf8_view(),
     R"(["twelve bytes", "thirteen byte", null, "more than twelve"])",
     "'twelve bytes' | 'thirteen byte' | null | 'more than twelve'"},
    {"Binary", arrow::binary(), R"(["A", null])", "x'41' | null"},
    {"LargeBinary", arrow::large_binary(), R"(["A", ""])", "x'41' | x''"},
    {"BinaryView", arrow::binary_view(), R"(["A", "0123456789abc"])",
     "x'41' | x'30313233343536373839616263'"},
    {"Decimal", arrow::decimal128(10, 2), R"(["1.25", "-0.05", null])", "1.25d | -0.05d | null"},
    {"SmallDecimal", arrow::decimal64(5, 1), R"(["1.2", "-3.0"])", "1.2d | -3.0d"},
    {"Date", arrow::date32(), "[0, -719162]", "@0 | @-719162"},
    {"Timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"), "[1, null]", "1us | null"},
    {"TimestampNtz", arrow::timestamp(arrow::TimeUnit::MICRO), "[1, -1]", "1us~ | -1us~"},
    {"Nanos", arrow::timestamp(arrow::TimeUnit::NANO, "UTC"), "[1500, -1]", "1us | -1us"},
    {"Seconds", arrow::timestamp(arrow::TimeUnit::SECOND), "[2, 3]", "2000000us~ | 3000000us~"},
    {"List", arrow::list(arrow::int32()), "[[1, 2], null, [], [null]]",
     "[1, 2] | null | [] | [null]"},
    {"LargeList", arrow::large_list(arrow::utf8()), R"([["a"], ["b", "c"]])", "['a'] | ['b', 'c']"},
    {"Map", arrow::map(arrow::utf8(), arrow::int32()), R"([[["a", 1], ["b", null]], null, []])",
     "{'a' => 1, 'b' => null} | null | {}"},
    {"Struct",
     arrow::struct_({arrow::field("x", arrow::int32()), arrow::field("y", arrow::utf8())}),
     R"([{"x": 1, "y": "a"}, null, {"x": null, "y": "b"}])",
     "{x: 1, y: 'a'} | null | {x: null, y: 'b'}"},
    {"Dictionary", arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["a", "b", null, "a"])",
     "#'a' | #'b' | null | #'a'"},
    {"SmallIndex", arrow::dictionary(arrow::uint8(), arrow::utf8()), R"(["b", "b"])",
     "#'b' | #'b'"},
    {"Deep", arrow::list(arrow::map(arrow::int32(), arrow::list(arrow::date32()))),
     "[[[[1, [7, null]]]], [[], null]]", "[{1 => [@7, null]}] | [{}, null]"},
};

INSTANTIATE_TEST_SUITE_P(Types, ColumnOfType, ::testing::ValuesIn(kTypeCases),
                         [](const auto& info) { return info.param.name; });

TEST(Column, DictionaryIsAnotherAfterEachBatch) {
  const auto array = ArrayOf(arrow::dictionary(arrow::int32(), arrow::utf8()), R"(["a"])");
  const arrow::Field field("c", array->type());
  const ExportedColumn one(*array, field);
  const ExportedColumn other(*array, field);
  EXPECT_NE(one.column().dictionary_id(), other.column().dictionary_id());
}

TEST(Column, ArrayOfAnotherShapeIsRefused) {
  const auto list = ArrayOf(arrow::list(arrow::int32()), "[[1]]");
  const ExportedColumn lists(*list, arrow::Field("c", list->type()));
  Column column(lists.type());
  ArrowArray array{};
  EXPECT_THROW(column.Bind(array), UnsupportedType);
}

TEST(ParseSchema, RefusesByName) {
  for (const auto& type : {arrow::float16(), arrow::time32(arrow::TimeUnit::SECOND),
                           arrow::decimal256(40, 2), arrow::list_view(arrow::int32())}) {
    ArrowSchema schema{};
    ASSERT_TRUE(arrow::ExportField(arrow::Field("odd", type), &schema).ok());
    try {
      ParseSchema(schema);
      ADD_FAILURE() << type->ToString() << " was taken";
    } catch (const UnsupportedType& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("column odd"));
    }
    schema.release(&schema);
  }
}

TEST(TypeText, SaysWhatDeltaSays) {
  const auto type = arrow::struct_({arrow::field("a", arrow::list(arrow::int16())),
                                    arrow::field("m", arrow::map(arrow::utf8(), arrow::float32())),
                                    arrow::field("d", arrow::decimal128(9, 3))});
  ArrowSchema schema{};
  ASSERT_TRUE(arrow::ExportField(arrow::Field("s", type), &schema).ok());
  EXPECT_EQ(TypeText(ParseSchema(schema)),
            "struct<a:array<short>,m:map<string,float>,d:decimal(9,3)>");
  schema.release(&schema);
}

}  // namespace
}  // namespace deltaic_rows
