#include "base/civil_time.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using deltaic::testing::IsOkAndHolds;
using deltaic::testing::StatusIs;

constexpr int64_t kMin64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax64 = std::numeric_limits<int64_t>::max();
constexpr int32_t kMin32 = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax32 = std::numeric_limits<int32_t>::max();

TEST(Dates, MatchKnownDays) {
  const struct {
    int32_t days;
    std::string_view text;
  } cases[] = {
      {0, "1970-01-01"},          {-1, "1969-12-31"},         {59, "1970-03-01"},
      {11'016, "2000-02-29"},     {11'017, "2000-03-01"},     {-25'509, "1900-02-28"},
      {-25'508, "1900-03-01"},    {19'782, "2024-02-29"},     {-141'427, "1582-10-15"},
      {-719'162, "0001-01-01"},   {-719'163, "0000-12-31"},   {-719'528, "0000-01-01"},
      {-719'529, "-0001-12-31"},  {2'932'896, "9999-12-31"},  {2'932'897, "+10000-01-01"},
      {kMax32, "+5881580-07-11"}, {kMin32, "-5877641-06-23"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(FormatDate(c.days), c.text);
    EXPECT_THAT(ParseDate(c.text), IsOkAndHolds(c.days)) << c.text;
  }
  EXPECT_THAT(ParseDate("10000-01-01"), IsOkAndHolds(2'932'897));
}

TEST(Dates, CountEachDayOnce) {
  // Two cycles of the calendar, each day against a walk by the calendar's rules.
  int64_t days = DaysFromCivil(-400, 1, 1);
  for (int64_t year = -400; year < 400; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const unsigned lengths[] = {31, leap ? 29u : 28u, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (unsigned month = 1; month <= 12; ++month) {
      for (unsigned day = 1; day <= lengths[month - 1]; ++day, ++days) {
        ASSERT_EQ(DaysFromCivil(year, month, day), days) << year << "-" << month << "-" << day;
      }
    }
  }
}

TEST(Dates, ReadBackTheSame) {
  for (int64_t days = kMin32; days <= kMax32; days += 1'234'567) {
    const auto day = static_cast<int32_t>(days);
    ASSERT_THAT(ParseDate(FormatDate(day)), IsOkAndHolds(day));
  }
}

TEST(ParseDate, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "2024",
                                      "2024-01",
                                      "2024-1-01",
                                      "2024-01-1",
                                      "2024-00-01",
                                      "2024-13-01",
                                      "2024-01-00",
                                      "2024-01-32",
                                      "2023-02-29",
                                      "1900-02-29",
                                      "2024-04-31",
                                      " 2024-01-01",
                                      "2024-01-01 ",
                                      "2024-01-01T00:00:00",
                                      "2024/01/01",
                                      "20240101",
                                      "024-01-01",
                                      "02024-01-01",
                                      "+2024-01-01",
                                      "--2024-01-01",
                                      "+-2024-01-01",
                                      "2024-01-0x",
                                      "+5881580-07-12",
                                      "-5877641-06-22",
                                      "99999999-01-01",
                                      "99999999999999999999-01-01"}) {
    EXPECT_THAT(ParseDate(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(Timestamps, AreFormattedInFull) {
  EXPECT_EQ(FormatTimestampMicros(0, 'T', "Z"), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatTimestampMicros(-1, ' ', ""), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(FormatTimestampMicros(1'704'103'230'123'456, 'T', "Z"), "2024-01-01T10:00:30.123456Z");
  EXPECT_EQ(FormatTimestampMicros(kMax64, 'T', "Z"), "+294247-01-10T04:00:54.775807Z");
  EXPECT_EQ(FormatTimestampMicros(kMin64, 'T', "Z"), "-290308-12-21T19:59:05.224192Z");
}

TEST(Timestamps, AreCutToMillisTowardsThePast) {
  EXPECT_EQ(FormatTimestampMillis(1'999, 'T', "Z"), "1970-01-01T00:00:00.001Z");
  EXPECT_EQ(FormatTimestampMillis(-1, 'T', ""), "1969-12-31T23:59:59.999");
  EXPECT_EQ(FormatTimestampMillis(-1'001, 'T', ""), "1969-12-31T23:59:59.998");
  EXPECT_EQ(FormatTimestampMillis(kMin64, 'T', "Z"), "-290308-12-21T19:59:05.224Z");
}

TEST(Timestamps, ReadBackTheSame) {
  for (const int64_t micros : {int64_t{0}, int64_t{-1}, int64_t{1'704'103'230'123'456}, kMin64,
                               kMin64 + 1, kMax64, kMax64 - 1, int64_t{-62'135'596'800'000'001}}) {
    EXPECT_THAT(ParseTimestampMicros(FormatTimestampMicros(micros, 'T', "Z")),
                IsOkAndHolds(micros));
    EXPECT_THAT(ParseTimestampMicros(FormatTimestampMicros(micros, ' ', "")), IsOkAndHolds(micros));
  }
}

TEST(ParseTimestampMicros, AcceptsItsForms) {
  constexpr int64_t kHour = 3'600'000'000;
  const struct {
    std::string_view text;
    int64_t micros;
  } cases[] = {
      {"1970-01-01", 0},
      {"1970-01-02Z", 24 * kHour},
      {"1970-01-01 01:00", kHour},
      {"1970-01-01T01:00Z", kHour},
      {"1970-01-01 01:00:01", kHour + 1'000'000},
      {"1970-01-01 00:00:00.1", 100'000},
      {"1970-01-01 00:00:00.123456", 123'456},
      {"1970-01-01 00:00:00.123456789", 123'456},
      {"1969-12-31 23:59:59.999999999", -1},
      {"1970-01-01T00:00:00.5+01:00", 500'000 - kHour},
      {"1970-01-01T00:00:00-08:00", 8 * kHour},
      {"1970-01-01T00:00:00+0530", -5 * kHour - kHour / 2},
      {"1970-01-01T00:00:00-01", kHour},
      {"1970-01-01T00:00:00+18:00", -18 * kHour},
      {"0000-01-01T00:00:00Z", -719'528 * 24 * kHour},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(ParseTimestampMicros(c.text), IsOkAndHolds(c.micros)) << c.text;
  }
}

TEST(ParseTimestampMicros, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "x",
                                      "1970-01-01T",
                                      "1970-01-01 ",
                                      "1970-01-01T1:00",
                                      "1970-01-01T24:00",
                                      "1970-01-01T00:60",
                                      "1970-01-01T00:00:60",
                                      "1970-01-01T00:00:00.",
                                      "1970-01-01T00:00:00.1234567890",
                                      "1970-01-01T00:00:00.x",
                                      "1970-01-01T00:00:00ZZ",
                                      "1970-01-01T00:00:00z",
                                      "1970-01-01T00:00:00+",
                                      "1970-01-01T00:00:00+1",
                                      "1970-01-01T00:00:00+01:",
                                      "1970-01-01T00:00:00+01:0",
                                      "1970-01-01T00:00:00+01:60",
                                      "1970-01-01T00:00:00+19:00",
                                      "1970-01-01T00:00:00+010",
                                      "1970-01-01T00:00:00 UTC",
                                      "1970-01-01T00:00:00 ",
                                      " 1970-01-01T00:00:00",
                                      "1970-01-01T00",
                                      "1970-01-01T000000",
                                      "1970-02-30T00:00:00",
                                      "+294247-01-10T04:00:54.775808Z",
                                      "-290308-12-21T19:59:05.224191Z",
                                      "+9999999-01-01T00:00:00Z",
                                      "-9999999-01-01T00:00:00Z"}) {
    EXPECT_THAT(ParseTimestampMicros(text), StatusIs(StatusCode::kInvalidArgument)) << text;
  }
}

TEST(ParseTimestampMicros, OffsetsReachTheEndsOfTheRange) {
  EXPECT_THAT(ParseTimestampMicros("+294247-01-10T05:00:54.775807+01:00"), IsOkAndHolds(kMax64));
  EXPECT_THAT(ParseTimestampMicros("-290308-12-21T18:59:05.224192-01:00"), IsOkAndHolds(kMin64));
  EXPECT_THAT(ParseTimestampMicros("+294247-01-10T04:00:54.775807-01:00"),
              StatusIs(StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace deltaic
