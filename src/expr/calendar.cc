#include "expr/calendar.h"

#include <algorithm>

#include "base/civil_time.h"

namespace deltaic {
namespace {

bool IsAny(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct TimeUnit {
  std::string_view name;
  int64_t micros;
};

constexpr TimeUnit kTimeUnits[] = {
    {"DAY", kMicrosPerDay}, {"DD", kMicrosPerDay},  {"HOUR", 3'600'000'000}, {"MINUTE", 60'000'000},
    {"SECOND", 1'000'000},  {"MILLISECOND", 1'000}, {"MICROSECOND", 1}};

}  // namespace

int64_t FloorDivide(int64_t dividend, int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

std::optional<int64_t> MicrosOfDay(int64_t day) {
  int64_t micros = 0;
  if (__builtin_mul_overflow(day, kMicrosPerDay, &micros)) return std::nullopt;
  return micros;
}

int64_t AddMonths(int64_t day, int64_t months) {
  const CivilDate date = CivilFromDays(day);
  const int64_t month = date.year * 12 + date.month - 1 + months;
  const int64_t year = FloorDivide(month, 12);
  const auto month_of_year = static_cast<unsigned>(month - year * 12) + 1;
  return DaysFromCivil(year, month_of_year, std::min(date.day, DaysInMonth(year, month_of_year)));
}

int64_t LastDayOfMonth(int64_t day) {
  const CivilDate date = CivilFromDays(day);
  return day - date.day + DaysInMonth(date.year, date.month);
}

int DayOfWeekFromMonday(int64_t day) {
  constexpr int64_t kFirstMonday = 4;  // 1970-01-05
  const int64_t shifted = day - kFirstMonday;
  return static_cast<int>(shifted - FloorDivide(shifted, 7) * 7) + 1;
}

int DayOfYear(int64_t day) {
  return static_cast<int>(day - DaysFromCivil(CivilFromDays(day).year, 1, 1)) + 1;
}

int WeekOfYear(int64_t day) {
  // The week belongs to the year that its Thursday lies in.
  const int64_t thursday = day - DayOfWeekFromMonday(day) + 4;
  return (DayOfYear(thursday) - 1) / 7 + 1;
}

bool IsDateUnit(std::string_view unit) { return TruncateDay(0, unit).has_value(); }

std::optional<int64_t> TruncateDay(int64_t day, std::string_view unit) {
  const CivilDate date = CivilFromDays(day);
  if (IsAny(unit, {"YEAR", "YYYY", "YY"})) return DaysFromCivil(date.year, 1, 1);
  if (unit == "QUARTER") return DaysFromCivil(date.year, (date.month - 1) / 3 * 3 + 1, 1);
  if (IsAny(unit, {"MONTH", "MM", "MON"})) return DaysFromCivil(date.year, date.month, 1);
  if (unit == "WEEK") return day - DayOfWeekFromMonday(day) + 1;
  return std::nullopt;
}

std::optional<int64_t> TruncateMicros(int64_t micros, std::string_view unit) {
  if (const std::optional<int64_t> day = TruncateDay(DayOf(micros), unit)) return MicrosOfDay(*day);
  for (const TimeUnit& each : kTimeUnits) {
    if (each.name != unit) continue;
    int64_t start = 0;
    const int64_t count = FloorDivide(micros, each.micros);
    if (__builtin_mul_overflow(count, each.micros, &start)) return std::nullopt;
    return start;
  }
  return std::nullopt;
}

}  // namespace deltaic
