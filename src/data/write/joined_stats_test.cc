#include "data/write/joined_stats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string_view>

#include "data/write/data_write_test_support.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ColumnStats Of(Value min, Value max, std::optional<int64_t> nulls) {
  return {.path = {"a"}, .min = std::move(min), .max = std::move(max), .null_count = nulls};
}

/// What is known of column a of two files of ten rows each.
ColumnStats Joined(ColumnStats one, ColumnStats other) {
  FileStats first{.num_records = 10, .columns = {std::move(one)}};
  const FileStats joined =
      JoinStats(std::move(first), {.num_records = 10, .columns = {std::move(other)}});
  EXPECT_EQ(joined.num_records, 20);
  return joined.columns.at(0);
}

TEST(JoinStats, BoundsReachOverBothAndNullsAdd) {
  const ColumnStats joined = Joined(Of(int64_t{3}, int64_t{9}, 1), Of(int64_t{-4}, int64_t{5}, 2));
  EXPECT_EQ(joined.min, Value(int64_t{-4}));
  EXPECT_EQ(joined.max, Value(int64_t{9}));
  EXPECT_EQ(joined.null_count, 3);
  const ColumnStats texts =
      Joined(Of(std::string("b"), std::string("x"), 0), Of(std::string("a"), std::string("y"), 0));
  EXPECT_EQ(texts.min, Value(std::string("a")));
  EXPECT_EQ(texts.max, Value(std::string("y")));
}

TEST(JoinStats, WhatOneDoesNotKnowNobodyKnows) {
  const ColumnStats joined =
      Joined(Of(int64_t{3}, int64_t{9}, 1), Of(Value(), int64_t{5}, std::nullopt));
  EXPECT_TRUE(IsNull(joined.min));
  EXPECT_EQ(joined.max, Value(int64_t{9}));
  EXPECT_EQ(joined.null_count, std::nullopt);
  // Nothing is greater than NaN, and no bound may be one.
  EXPECT_TRUE(IsNull(Joined(Of(1.0, std::nan(""), 0), Of(0.5, 2.0, 0)).max));
}

TEST(JoinStats, RowsWithoutValuesHaveNoBounds) {
  for (const bool swapped : {false, true}) {
    ColumnStats values = Of(int64_t{3}, int64_t{9}, 0), nulls = Of(Value(), Value(), 10);
    if (swapped) std::swap(values, nulls);
    const ColumnStats joined = Joined(std::move(values), std::move(nulls));
    EXPECT_EQ(joined.min, Value(int64_t{3}));
    EXPECT_EQ(joined.max, Value(int64_t{9}));
    EXPECT_EQ(joined.null_count, 10);
  }
  // Nine nulls of ten rows: there is a value, which nobody knows.
  EXPECT_TRUE(IsNull(Joined(Of(int64_t{3}, int64_t{9}, 0), Of(Value(), Value(), 9)).min));
}

TEST(JoinStats, AColumnThatOneFileIsSilentOnIsLeftOut) {
  FileStats first{.num_records = 1, .columns = {Of(int64_t{1}, int64_t{1}, 0)}};
  const FileStats joined = JoinStats(first, {.num_records = std::nullopt, .tight_bounds = false});
  EXPECT_TRUE(joined.columns.empty());
  EXPECT_EQ(joined.num_records, std::nullopt);
  EXPECT_FALSE(joined.tight_bounds);
}

TEST(JoinStats, ParsedOnesAreWhatTheLogSaidOfAll) {
  const auto layout = *MakeDataFileLayout(
      testing::Target({{.name = "a", .type = DataType::Primitive(TypeId::kLong)},
                       {.name = "b", .type = DataType::Primitive(TypeId::kString)}}),
      {});
  const auto join = [&](std::string_view first, std::string_view second) {
    const FileStats joined =
        JoinStats(ParseDescribed(first, *layout), ParseDescribed(second, *layout));
    return FormatFileStats(joined, *layout->physical_schema);
  };
  const char* const first =
      R"({"numRecords":2,"minValues":{"a":1,"b":"x"},"maxValues":{"a":2,"b":"y"},"nullCount":{"a":0,"b":1}})";
  const std::string stats = join(
      first,
      R"({"numRecords":3,"minValues":{"a":-1},"maxValues":{"a":0},"nullCount":{"a":1,"b":3}})");
  EXPECT_THAT(stats, HasSubstr(R"("numRecords":5)"));
  EXPECT_THAT(stats, HasSubstr(R"("minValues":{"a":-1,"b":"x"})"));
  EXPECT_THAT(stats, HasSubstr(R"("maxValues":{"a":2,"b":"y"})"));
  EXPECT_THAT(stats, HasSubstr(R"("nullCount":{"a":1,"b":4})"));
  EXPECT_THAT(join(first, ""), Not(HasSubstr("\"a\"")));
}

}  // namespace
}  // namespace deltaic
