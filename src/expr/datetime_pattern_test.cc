#include "expr/datetime_pattern.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "base/civil_time.h"
#include "expr/calendar.h"
#include "support/status_matchers.h"

namespace deltaic {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr int64_t kTime = 1588759872345678;  // 2020-05-06 10:11:12.345678

TEST(DateTimePattern, WritesAndReadsBack) {
  const std::pair<const char*, const char*> cases[] = {
      {"yyyy-MM-dd HH:mm:ss.SSSSSS", "2020-05-06 10:11:12.345678"},
      {"d.M.y h:m:s.SSSSSSSSS a", "6.5.2020 10:11:12.345678000 AM"},
      {"EEE d MMM yy, HH:mm:ss.SSSSSS", "Wed 6 May 20, 10:11:12.345678"},
      {"EEEE, dd MMMM yyyy 'at' ''HHmmss.SSSSSS", "Wednesday, 06 May 2020 at '101112.345678"},
      {"yyyyMMddHHmmssSSSSSS", "20200506101112345678"}};
  for (const auto& [pattern, text] : cases) {
    const Result<DateTimePattern> parsed = DateTimePattern::Parse(pattern);
    ASSERT_THAT(parsed, IsOk());
    EXPECT_EQ(parsed->Format(kTime), text);
    EXPECT_EQ(parsed->ParseText(text), kTime) << pattern;
  }
}

TEST(DateTimePattern, TextThatDoesNotMatchIsRefused) {
  const std::pair<const char*, const char*> cases[] = {{"yyyy-MM-dd", "2020-5-06"},
                                                       {"yyyy-MM-dd", "2020-05-06 "},
                                                       {"yyyy-MM-dd", "2021-02-29"},
                                                       {"yyyy-MM-dd", "2020-13-01"},
                                                       {"HH:mm", "24:00"},
                                                       {"HH:mm", "10:60"},
                                                       {"h a", "13 PM"},
                                                       {"MMM", "Mai"},
                                                       {"D", "12"},
                                                       {"d", ""},
                                                       {"'x'd", "5"}};
  for (const auto& [pattern, text] : cases) {
    const Result<DateTimePattern> parsed = DateTimePattern::Parse(pattern);
    ASSERT_THAT(parsed, IsOk());
    EXPECT_EQ(parsed->ParseText(text), std::nullopt) << pattern << " of " << text;
  }
}

TEST(DateTimePattern, OtherLettersAndWidthsAreRefused) {
  for (const char* pattern : {"Q", "w", "yyyyyyy", "MMMMM", "ddd", "'open", "aa", "[d]", "VV"}) {
    EXPECT_THAT(DateTimePattern::Parse(pattern),
                StatusIs(StatusCode::kInvalidArgument, HasSubstr("the pattern '")));
  }
}

TEST(DateTimePattern, TheEndsOfTimeAreWritten) {
  const Result<DateTimePattern> pattern = DateTimePattern::Parse("yyyy-MM-dd HH:mm:ss.SSSSSS");
  ASSERT_THAT(pattern, IsOk());
  EXPECT_EQ(pattern->Format(std::numeric_limits<int64_t>::min()), "-290308-12-21 19:59:05.224192");
  EXPECT_EQ(pattern->Format(std::numeric_limits<int64_t>::max()), "+294247-01-10 04:00:54.775807");
}

TEST(Calendar, AgreesWithItselfOverFourCenturies) {
  for (int64_t day = -150'000; day < 150'000; ++day) {
    const CivilDate date = CivilFromDays(day);
    const int64_t first = *TruncateDay(day, "MONTH");
    EXPECT_EQ(first + date.day - 1, day);
    EXPECT_EQ(LastDayOfMonth(day) + 1, AddMonths(first, 1));
    EXPECT_EQ(*TruncateDay(day, "YEAR") + DayOfYear(day) - 1, day);
    EXPECT_EQ(*TruncateDay(day, "WEEK") + DayOfWeekFromMonday(day) - 1, day);
    EXPECT_LE(AddMonths(day, -1), AddMonths(day + 1, -1));
    const int week = WeekOfYear(day);
    EXPECT_TRUE(WeekOfYear(day + 7) == week + 1 || WeekOfYear(day + 7) == 1);
  }
}

TEST(Calendar, WeeksFollowIso8601) {
  EXPECT_EQ(WeekOfYear(DaysFromCivil(2021, 1, 3)), 53);
  EXPECT_EQ(WeekOfYear(DaysFromCivil(2021, 1, 4)), 1);
  EXPECT_EQ(WeekOfYear(DaysFromCivil(2018, 12, 31)), 1);
  EXPECT_EQ(WeekOfYear(DaysFromCivil(2020, 12, 31)), 53);
}

}  // namespace
}  // namespace deltaic
