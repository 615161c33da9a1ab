#include "ops/merge/key_ranges.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <optional>
#include <random>
#include <utility>

namespace deltaic {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

using Keys = std::vector<std::optional<int64_t>>;
using Limits = std::numeric_limits<int64_t>;

std::vector<std::pair<int64_t, int64_t>> Find(const Keys& keys, size_t most) {
  arrow::Int64Builder builder;
  for (const auto& key : keys) EXPECT_TRUE(builder.AppendOrNull(key).ok());
  const auto array = std::static_pointer_cast<arrow::Int64Array>(*builder.Finish());
  std::vector<std::pair<int64_t, int64_t>> out;
  for (const KeyRange& range : FindKeyRanges(*array, most))
    out.emplace_back(array->Value(range.least), array->Value(range.greatest));
  return out;
}

TEST(FindKeyRanges, LeavesOutTheWidestGaps) {
  const Keys keys = {{}, 900, 2, 1, 50, 901, 55, 3};
  EXPECT_THAT(Find(keys, 1), ElementsAre(Pair(1, 901)));
  EXPECT_THAT(Find(keys, 2), ElementsAre(Pair(1, 55), Pair(900, 901)));
  EXPECT_THAT(Find(keys, 3), ElementsAre(Pair(1, 3), Pair(50, 55), Pair(900, 901)));
  EXPECT_THAT(Find(keys, 9), ElementsAre(Pair(1, 3), Pair(50, 50), Pair(55, 55), Pair(900, 901)));
}

TEST(FindKeyRanges, NeighboursAreOneRange) {
  Keys keys;
  for (int64_t key = 0; key < 100; ++key) keys.push_back(key);
  EXPECT_THAT(Find(keys, 16), ElementsAre(Pair(0, 99)));
  EXPECT_THAT(Find({7}, 16), ElementsAre(Pair(7, 7)));
}

TEST(FindKeyRanges, GapsOfASpreadAreTooSmall) {
  Keys keys;
  for (int64_t key = 0; key < 100'000; ++key) keys.push_back(key * 100);
  EXPECT_THAT(Find(keys, 16), SizeIs(1));
}

TEST(FindKeyRanges, WholeRangeOfTheType) {
  EXPECT_THAT(Find({Limits::max(), 0, Limits::min()}, 16),
              ElementsAre(Pair(Limits::min(), Limits::min()), Pair(0, 0),
                          Pair(Limits::max(), Limits::max())));
}

TEST(FindKeyRanges, NothingIsKnownOfNullsAndTexts) {
  EXPECT_THAT(Find({}, 16), IsEmpty());
  EXPECT_THAT(Find({{}, {}}, 16), IsEmpty());
  arrow::StringBuilder texts;
  ASSERT_TRUE(texts.Append("a").ok());
  EXPECT_THAT(FindKeyRanges(**texts.Finish(), 16), IsEmpty());
}

TEST(FindKeyRanges, HoldAllKeysInOrder) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    Keys keys;
    const auto shift = static_cast<int>(random() % 64);
    for (size_t i = 0; i < 1 + random() % 200; ++i)
      keys.push_back(static_cast<int64_t>(random()) >> shift);
    const auto ranges = Find(keys, 1 + random() % 5);
    for (const auto& key : keys) {
      EXPECT_TRUE(std::ranges::any_of(ranges, [&](const auto& range) {
        return range.first <= *key && *key <= range.second;
      })) << *key;
    }
    for (size_t i = 1; i < ranges.size(); ++i) EXPECT_LT(ranges[i - 1].second, ranges[i].first);
  }
}

}  // namespace
}  // namespace deltaic
