#include "ops/doctor/range_overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace deltaic {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

ValueRange Range(int64_t min, int64_t max, int32_t partition = 0) {
  return {partition, Value(min), Value(max)};
}

TEST(ShareRead, RangesThatLieApartAreReadOneByOne) {
  EXPECT_THAT(ShareRead({Range(0, 9), Range(10, 19), Range(30, 39), Range(20, 29)}),
              Optional(DoubleEq(0.25)));
}

TEST(ShareRead, RangesThatAreAllTheSameAreAllRead) {
  EXPECT_THAT(ShareRead({Range(0, 9), Range(0, 9), Range(0, 9)}), Optional(DoubleEq(1)));
}

TEST(ShareRead, RangesThatOverlapForTheMostPartAreAllRead) {
  std::vector<ValueRange> ranges;
  for (int64_t i = 0; i < 10; ++i) ranges.push_back(Range(i, 1000 + i));
  EXPECT_THAT(ShareRead(ranges), Optional(DoubleEq(1)));
}

TEST(ShareRead, RangesThatReachHalfwayIntoTheNextAreReadWithThem) {
  // The middle of each is where another begins or ends.
  EXPECT_THAT(ShareRead({Range(0, 10), Range(5, 15)}), Optional(DoubleEq(1)));
  EXPECT_THAT(ShareRead({Range(0, 10), Range(8, 18)}), Optional(DoubleEq(0.5)));
}

TEST(ShareRead, WithoutNaN) {
  const auto reals = [](double min, double max) { return ValueRange{0, Value(min), Value(max)}; };
  EXPECT_THAT(ShareRead({reals(0, 1), reals(2, 3), reals(0, std::nan(""))}),
              Optional(DoubleEq(0.5)));
}

TEST(ShareRead, PartitionsAreComparedWithinThemselves) {
  EXPECT_THAT(ShareRead({Range(0, 9, 1), Range(0, 9, 2)}), ::testing::Eq(std::nullopt));
  EXPECT_THAT(ShareRead({Range(0, 9, 1), Range(0, 9, 2), Range(10, 19, 1)}),
              Optional(DoubleEq(0.5)));
}

TEST(ShareRead, TextsCompareByBytes) {
  const auto text = [](const std::string& min, const std::string& max) {
    return ValueRange{0, Value(min), Value(max)};
  };
  EXPECT_THAT(ShareRead({text("a", "m"), text("n", "\xc3\xa9")}), Optional(DoubleEq(0.5)));
  EXPECT_THAT(ShareRead({text("user-00001", "user-00500"), text("user-00501", "user-00999")}),
              Optional(DoubleEq(0.5)));
}

TEST(PlacesOf, AreRanksInTheOrderOfMinima) {
  EXPECT_THAT(PlacesOf({Range(1000, 1001), Range(1, 7)}, 10),
              ElementsAre(Pair(0.0, 1.0 / 3), Pair(2.0 / 3, 1.0)));
  EXPECT_THAT(PlacesOf({Range(5, 5)}, 10), ElementsAre(Pair(0.0, 0.0)));
  EXPECT_THAT(PlacesOf({}, 10), IsEmpty());
}

TEST(PlacesOf, GivesNoMoreThanAskedFor) {
  std::vector<ValueRange> ranges;
  for (int64_t i = 0; i < 101; ++i) ranges.push_back(Range(i, i));
  EXPECT_THAT(PlacesOf(ranges, 10), ::testing::SizeIs(10));
}

}  // namespace
}  // namespace deltaic
