#include "data/write/dictionary_choice.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <functional>

#include "data/write/data_write_test_support.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::deltaic::testing::Field;
using ::deltaic::testing::IsOk;
using ::deltaic::testing::Target;
using ::deltaic::testing::Type;

constexpr int64_t kRows = 64 * 1024;

struct ChoiceCase {
  std::string name;
  std::function<int64_t(int64_t row)> value;
  bool numbers_have = true;  ///< a dictionary
  bool texts_have = true;
  int64_t num_rows = kRows;
};

/// Spreads rows over all values, as a random source would.
int64_t Scattered(int64_t row, int64_t num_values) {
  return static_cast<int64_t>((static_cast<uint64_t>(row) * 0x9E3779B97F4A7C15 >> 20) %
                              static_cast<uint64_t>(num_values));
}

class DictionaryChoice : public ::testing::TestWithParam<ChoiceCase> {};

TEST_P(DictionaryChoice, FollowsHowManyValuesThereWillBe) {
  const ChoiceCase& c = GetParam();
  arrow::Int64Builder numbers;
  arrow::StringBuilder texts;
  for (int64_t row = 0; row < c.num_rows; ++row) {
    ASSERT_TRUE(numbers.Append(c.value(row)).ok());
    ASSERT_TRUE(texts.Append(Concat("the text number ", c.value(row))).ok());
  }
  const DataFileTarget target =
      Target({Field("n", Type(TypeId::kLong)), Field("t", Type(TypeId::kString))});
  auto layout = MakeDataFileLayout(target, {});
  ASSERT_THAT(layout, IsOk());
  const auto rows = arrow::RecordBatch::Make((*layout)->data_schema, c.num_rows,
                                             {*numbers.Finish(), *texts.Finish()});
  const auto properties = ChooseDictionaries(**layout, *rows);
  const auto has = [&](const char* column) {
    return properties->dictionary_enabled(parquet::schema::ColumnPath::FromDotString(column));
  };
  EXPECT_EQ(has("n"), c.numbers_have);
  EXPECT_EQ(has("t"), c.texts_have);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DictionaryChoice,
    ::testing::Values(
        ChoiceCase{"OneValue", [](int64_t) { return 7; }},
        ChoiceCase{"FewValues", [](int64_t row) { return Scattered(row, 2500); }},
        // 20,000 numbers make a small dictionary, and as many texts one just within the tolerance.
        ChoiceCase{"ManyThatComeAgain", [](int64_t row) { return Scattered(row, 20'000); }},
        ChoiceCase{"MoreThanADictionaryHolds",
                   [](int64_t row) { return Scattered(row, 1'000'000); }, false, false},
        ChoiceCase{"AllDistinct", [](int64_t row) { return row; }, false, false},
        ChoiceCase{"SortedInRunsOfFour", [](int64_t row) { return row / 4; }, false, false},
        ChoiceCase{"SortedInLongRuns", [](int64_t row) { return row / 1000; }},
        ChoiceCase{"TooFewRowsToTell", [](int64_t row) { return row; }, true, true, 1000}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace deltaic
