#include "base/time_zone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "support/status_matchers.h"

namespace deltaic {
namespace {

using testing::IsOk;
using testing::StatusIs;

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3600 * kSecond;
constexpr int64_t kDay = 24 * kHour;
/// Of 2026-03-29T01:00:00Z and 2026-10-25T01:00:00Z, when clocks of Central Europe turn.
constexpr int64_t kSpring = 1774746000 * kSecond;
constexpr int64_t kAutumn = 1792890000 * kSecond;

std::string BigEndian(uint64_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift);
  return out;
}

std::string Header(std::initializer_list<uint64_t> counts) {
  std::string out = "TZif2" + std::string(15, '\0');
  for (const uint64_t count : counts) out += BigEndian(count, 4);
  return out;
}

/// A zone an hour ahead until a change in 2000 to two hours, then by `rule`.
std::string ZoneFile(const std::string& rule) {
  const std::string types =
      BigEndian(3600, 4) + std::string("\0\0", 2) + BigEndian(7200, 4) + std::string("\1\4", 2);
  const std::string names("CET\0CEST\0", 9);
  return Header({0, 0, 0, 0, 2, 9}) + types + names + Header({0, 0, 0, 1, 2, 9}) +
         BigEndian(954032400, 8) + '\1' + types + names + '\n' + rule + '\n';
}

TEST(TimeZone, FixedOffsetsHaveManySpellings) {
  for (const auto& [name, seconds] :
       std::vector<std::pair<std::string, int64_t>>{{"+02:00", 7200},
                                                    {"-5", -18000},
                                                    {"UTC+8", 28800},
                                                    {"GMT-03:30", -12600},
                                                    {"+18:00", 64800}}) {
    const auto zone = TimeZone::Fixed(name);
    ASSERT_TRUE(zone.has_value() && *zone != nullptr) << name;
    EXPECT_TRUE((*zone)->is_fixed());
    EXPECT_EQ((*zone)->OffsetAt(0), seconds * kSecond) << name;
    EXPECT_EQ((*zone)->ToLocal(kDay), kDay + seconds * kSecond);
    EXPECT_EQ((*zone)->ToUtc(kDay), kDay - seconds * kSecond);
  }
  for (const char* name : {"UTC", "Z", "GMT", "UT"}) {
    const auto zone = TimeZone::Fixed(name);
    ASSERT_TRUE(zone.has_value()) << name;
    EXPECT_TRUE(*zone == nullptr || (*zone)->OffsetAt(0) == 0) << name;
  }
  for (const char* name : {"Europe/Berlin", "+19:00", "+02:60", "", "UTC+"}) {
    EXPECT_FALSE(TimeZone::Fixed(name).has_value()) << name;
  }
}

TEST(TimeZone, ClocksTurnByTheTableAndThenByTheRule) {
  const auto zone = TimeZone::FromTzif("Test/Zone", ZoneFile("CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_THAT(zone, IsOk());
  EXPECT_EQ((*zone)->name(), "Test/Zone");
  EXPECT_FALSE((*zone)->is_fixed());
  EXPECT_EQ((*zone)->OffsetAt(0), kHour);
  EXPECT_EQ((*zone)->OffsetAt(954032400 * kSecond), 2 * kHour);
  EXPECT_EQ((*zone)->OffsetAt(kSpring - 1), kHour);
  EXPECT_EQ((*zone)->OffsetAt(kSpring), 2 * kHour);
  EXPECT_EQ((*zone)->OffsetAt(kAutumn - 1), 2 * kHour);
  EXPECT_EQ((*zone)->OffsetAt(kAutumn), kHour);
}

TEST(TimeZone, LocalTimesThatAreTwiceOrNever) {
  const auto zone = TimeZone::FromTzif("Test/Zone", ZoneFile("CET-1CEST,M3.5.0,M10.5.0/3"));
  ASSERT_THAT(zone, IsOk());
  // 02:30 of 25 October is shown twice.
  const int64_t twice = kAutumn + kHour + kHour / 2;
  EXPECT_EQ((*zone)->ToUtc(twice), twice - 2 * kHour);
  EXPECT_EQ((*zone)->ToUtc(twice, kHour), twice - kHour);
  // 02:30 of 29 March is leapt over.
  const int64_t never = kSpring + kHour + kHour / 2;
  EXPECT_EQ((*zone)->ToUtc(never), never - kHour);
}

TEST(TimeZone, DamagedFilesAreRefused) {
  const std::string whole = ZoneFile("CET-1CEST,M3.5.0,M10.5.0/3");
  for (const size_t size : {0UL, 4UL, 43UL, 60UL, whole.size() - 40}) {
    EXPECT_THAT(TimeZone::FromTzif("Test/Zone", whole.substr(0, size)),
                StatusIs(StatusCode::kCorruption))
        << size;
  }
}

TEST(TimeZone, RulesOfThreeKinds) {
  const auto weeks = ParseDaylightRule("CET-1CEST,M3.5.0,M10.5.0/3");
  ASSERT_TRUE(weeks && weeks->start && weeks->end);
  EXPECT_EQ(weeks->standard_offset, 3600);
  EXPECT_EQ(weeks->daylight_offset, 7200);
  EXPECT_EQ(weeks->start->month, 3);
  EXPECT_EQ(weeks->start->week, 5);
  EXPECT_EQ(weeks->end->seconds, 3 * 3600);
  const auto days = ParseDaylightRule("<-03>3<-02>,J60/0,300");
  ASSERT_TRUE(days && days->start && days->end);
  EXPECT_EQ(days->standard_offset, -3 * 3600);
  EXPECT_EQ(days->start->kind, DaylightRule::Day::Kind::kJulian);
  EXPECT_EQ(days->end->kind, DaylightRule::Day::Kind::kFromZero);
  const auto none = ParseDaylightRule("JST-9");
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->start.has_value());
  for (const char* text : {"CET-1CEST,M13.5.0,M10.5.0", "CET", ",M3.5.0"}) {
    EXPECT_FALSE(ParseDaylightRule(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace deltaic
