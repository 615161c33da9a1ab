#include "protocol/physical_stats.h"

#include <gtest/gtest.h>

namespace deltaic {
namespace {

TEST(PhysicalStats, KeepsBoundsAndCountsAllRows) {
  EXPECT_EQ(
      PhysicalStats(
          R"({"numRecords":3,"minValues":{"a":1,"s":{"t":"x\"y"}},"tightBounds":true,"nullCount":{"a":0}})",
          5),
      R"({"numRecords":5,"minValues":{"a":1,"s":{"t":"x\"y"}},"nullCount":{"a":0},"tightBounds":false})");
}

TEST(PhysicalStats, KeepsWhatItDoesNotKnow) {
  EXPECT_EQ(PhysicalStats(R"({ "other" : [1, 2] , "numRecords" : 5 })", 5),
            R"({"numRecords":5,"other":[1, 2],"tightBounds":false})");
}

TEST(PhysicalStats, CountsRowsWhereThereAreNone) {
  for (const char* stats : {"", "{}", "null", "{\"a\":", "[1]", "{} x", "7"})
    EXPECT_EQ(PhysicalStats(stats, 7), R"({"numRecords":7,"tightBounds":false})") << stats;
}

}  // namespace
}  // namespace deltaic
