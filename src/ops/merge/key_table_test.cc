#include "ops/merge/key_table.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using testing::IsOk;
using testing::StatusIs;

using ArrayPtr = std::shared_ptr<arrow::Array>;
using Arrays = std::vector<ArrayPtr>;
constexpr int32_t kNone = KeyTable::kNone;

template <typename Builder, typename T>
ArrayPtr Make(const std::vector<std::optional<T>>& values) {
  Builder builder;
  for (const auto& value : values)
    EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
  return *builder.Finish();
}
ArrayPtr Longs(const std::vector<std::optional<int64_t>>& values) {
  return Make<arrow::Int64Builder>(values);
}
ArrayPtr Texts(const std::vector<std::optional<std::string>>& values) {
  return Make<arrow::StringBuilder>(values);
}
ArrayPtr Doubles(const std::vector<std::optional<double>>& values) {
  return Make<arrow::DoubleBuilder>(values);
}

std::vector<int32_t> Find(const KeyTable& table, const Arrays& keys) {
  std::vector<int32_t> first;
  EXPECT_THAT(table.Find(keys, first), IsOk());
  return first;
}

TEST(KeyTable, FindsAllRowsOfAKeyInOrder) {
  const auto table = KeyTable::Make({Longs({5, 7, 5, {}, 5})}, nullptr);
  ASSERT_THAT(table, IsOk());
  EXPECT_EQ(table->num_keys(), 2);
  EXPECT_THAT(Find(*table, {Longs({7, 5, 6, {}})}), ElementsAre(1, 0, kNone, kNone));
  EXPECT_EQ(table->Next(0), 2);
  EXPECT_EQ(table->Next(2), 4);
  EXPECT_EQ(table->Next(4), kNone);
}

TEST(KeyTable, LeavesOutRowsThatAreNotWanted) {
  const auto wanted = std::static_pointer_cast<arrow::BooleanArray>(
      Make<arrow::BooleanBuilder, bool>({true, false, std::nullopt}));
  const auto table = KeyTable::Make({Longs({1, 2, 3})}, wanted.get());
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(Find(*table, {Longs({1, 2, 3})}), ElementsAre(0, kNone, kNone));
}

TEST(KeyTable, ZerosAreOneAndNanIsItself) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const auto table = KeyTable::Make({Doubles({0.0, nan, 1.5})}, nullptr);
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(Find(*table, {Doubles({-0.0, -nan, 2.5})}), ElementsAre(0, 1, kNone));
}

TEST(KeyTable, ColumnsOfAKeyDoNotRunTogether) {
  const auto table = KeyTable::Make(
      {Texts({"a", "ab", "", {}}), Texts({"bc", "c", "", "x"}), Longs({1, 1, 1, 1})}, nullptr);
  ASSERT_THAT(table, IsOk());
  EXPECT_THAT(Find(*table, {Texts({"ab", "a", "abc", "", {}}), Texts({"c", "bc", "", "", "x"}),
                            Longs({1, 1, 1, 1, 1})}),
              ElementsAre(1, 0, kNone, 2, kNone));
}

TEST(KeyTable, EmptyTablesFindNothing) {
  for (const Arrays& keys : {Arrays{Longs({})}, Arrays{Texts({})}}) {
    const auto table = KeyTable::Make(keys, nullptr);
    ASSERT_THAT(table, IsOk());
    EXPECT_THAT(
        Find(*table, {keys[0]->type_id() == arrow::Type::INT64 ? Longs({1}) : Texts({"a"})}),
        ElementsAre(kNone));
  }
}

TEST(KeyTable, RefusesTypesWithoutKeys) {
  const ArrayPtr structs = *arrow::MakeArrayOfNull(arrow::struct_({}), 1);
  EXPECT_THAT(KeyTable::Make({structs, structs}, nullptr), StatusIs(StatusCode::kUnsupported));
}

TEST(KeyTable, AgreesWithASet) {
  std::mt19937_64 random(7);
  for (const bool as_text : {false, true}) {
    std::vector<std::optional<int64_t>> mine;
    std::set<int64_t> model;
    for (int i = 0; i < 5000; ++i) {
      // Keys that differ in their high bits alone, too.
      const auto key = static_cast<int64_t>((random() % 4000) << (random() % 2 * 40));
      mine.emplace_back(key);
      model.insert(key);
    }
    const auto keys = [&](const std::vector<std::optional<int64_t>>& values) -> Arrays {
      if (!as_text) return {Longs(values)};
      std::vector<std::optional<std::string>> texts;
      for (const auto& value : values) texts.emplace_back(std::to_string(*value));
      return {Texts(texts)};
    };
    const auto table = KeyTable::Make(keys(mine), nullptr);
    ASSERT_THAT(table, IsOk());
    EXPECT_EQ(table->num_keys(), static_cast<int64_t>(model.size()));
    std::vector<std::optional<int64_t>> others;
    for (int64_t i = 0; i < 5000; ++i) others.emplace_back(i);
    const std::vector<int32_t> found = Find(*table, keys(others));
    for (int64_t i = 0; i < 5000; ++i) {
      const int32_t row = found[static_cast<size_t>(i)];
      ASSERT_EQ(row != kNone, model.contains(i));
      if (row != kNone) {
        ASSERT_EQ(*mine[static_cast<size_t>(row)], i);
      }
    }
  }
}

}  // namespace
}  // namespace deltaic
