#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; month 1-12, day 1-31.
int64_t DaysFromCivil(int64_t year, unsigned month, unsigned day);

/// A day of the proleptic Gregorian calendar.
struct CivilDate {
  int64_t year;
  unsigned month;  ///< 1-12
  unsigned day;    ///< 1-31
};

/// The inverse of DaysFromCivil.
CivilDate CivilFromDays(int64_t days_since_epoch);

/// 28 to 31; month 1-12.
unsigned DaysInMonth(int64_t year, unsigned month);

/// `yyyy-MM-dd`; years below 0 or above 9999 carry a sign, as in "-0001-01-01" and "+10000-01-01".
std::string FormatDate(int32_t days_since_epoch);

/// Accepts what FormatDate makes, and years over 9999 without a sign. \retval kInvalidArgument
/// anything else.
Result<int32_t> ParseDate(std::string_view text);

/// `yyyy-MM-dd<separator>HH:mm:ss.ffffff<suffix>`, always six digits.
std::string FormatTimestampMicros(int64_t micros_since_epoch, char separator,
                                  std::string_view suffix);

/// Same with three digits, cut down (towards the past). For statistics.
std::string FormatTimestampMillis(int64_t micros_since_epoch, char separator,
                                  std::string_view suffix);

/// Accepts `yyyy-MM-dd[( |T)HH:mm[:ss[.f{1,9}]]][Z|+hh:mm|-hh:mm|+hhmm|+hh]`; without a zone the
/// time is UTC. Digits past the sixth are cut. \retval kInvalidArgument  anything else, or out of
/// the int64 range.
Result<int64_t> ParseTimestampMicros(std::string_view text);

}  // namespace deltaic
