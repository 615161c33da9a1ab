#include "data/write/narrow_decimals.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "data/write/data_write_test_support.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::ArrayOf;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::StatusIs;

TEST(NarrowDecimals, GivesUnscaledValuesAndNullsOfASlice) {
  struct Case {
    int32_t digits;
    std::shared_ptr<arrow::DataType> narrow;
  };
  for (const Case& c : {Case{9, arrow::int32()}, Case{18, arrow::int64()}}) {
    const auto type = arrow::decimal128(c.digits, 2);
    std::vector<int64_t> memory;
    auto array = ArrayOf(type, R"(["9.99", "-1.23", null, "0.00", "1234567.89", "-1234567.89"])");
    auto narrow = NarrowDecimals(array->Slice(1), memory);
    ASSERT_THAT(narrow, IsOk());
    EXPECT_TRUE((*narrow)->Equals(ArrayOf(c.narrow, "[-123, null, 0, 123456789, -123456789]")));
    // Fewer, without nulls, in the same memory.
    narrow = NarrowDecimals(array->Slice(4, 1), memory);
    ASSERT_THAT(narrow, IsOk());
    EXPECT_TRUE((*narrow)->Equals(ArrayOf(c.narrow, "[123456789]")));
  }
}

TEST(NarrowDecimals, LeavesOtherArraysAlone) {
  std::vector<int64_t> memory;
  for (const auto& array : {ArrayOf(arrow::int64(), "[1]"), ArrayOf(arrow::utf8(), R"(["a"])"),
                            ArrayOf(arrow::decimal128(19, 0), R"(["1"])")}) {
    auto given = NarrowDecimals(array, memory);
    ASSERT_THAT(given, IsOk());
    EXPECT_EQ(*given, array);
  }
}

TEST(NarrowDecimals, RefusesAValueOfMoreDigitsThanItsType) {
  std::vector<int64_t> memory;
  for (const int32_t digits : {9, 18}) {
    // Only the type says less than the values are.
    const auto wide = ArrayOf(arrow::decimal128(38, 0), R"(["1", "20000000000000000000"])");
    auto data = wide->data()->Copy();
    data->type = arrow::decimal128(digits, 0);
    EXPECT_THAT(NarrowDecimals(arrow::MakeArray(data), memory),
                StatusIs(StatusCode::kSchemaMismatch));
  }
}

}  // namespace
}  // namespace deltaic
