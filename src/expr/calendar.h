#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "expr/value_cast.h"

namespace deltaic {

// Dates are days, and times microseconds, since 1970-01-01 UTC.

inline constexpr int64_t kMicrosPerSecond = 1'000'000;

/// Rounded towards the past; divisor > 0.
int64_t FloorDivide(int64_t dividend, int64_t divisor);

inline int64_t DayOf(int64_t micros) { return FloorDivide(micros, kMicrosPerDay); }

/// Midnight of a day; nullopt past the range of timestamps.
std::optional<int64_t> MicrosOfDay(int64_t day);

/// The same day of another month, or its last day where the month is shorter.
int64_t AddMonths(int64_t day, int64_t months);

int64_t LastDayOfMonth(int64_t day);

/// 1 Monday to 7 Sunday.
int DayOfWeekFromMonday(int64_t day);

/// The day's number in its year, from 1.
int DayOfYear(int64_t day);

/// ISO 8601: weeks start on Monday, and the first has four days of the year.
int WeekOfYear(int64_t day);

/// The first day of the year, quarter, month or week (from Monday) that `unit` (YEAR, YYYY, YY,
/// QUARTER, MONTH, MM, MON, WEEK; upper case) names; nullopt for other units.
std::optional<int64_t> TruncateDay(int64_t day, std::string_view unit);

/// The same for times, and for DAY, DD, HOUR, MINUTE, SECOND, MILLISECOND, MICROSECOND; nullopt for
/// other units, and past the range of timestamps.
std::optional<int64_t> TruncateMicros(int64_t micros, std::string_view unit);

/// Whether TruncateDay, or TruncateMicros, knows the unit.
bool IsDateUnit(std::string_view unit);

}  // namespace deltaic
