#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>

#include "base/status.h"

namespace arrow {
class KeyValueMetadata;
}

namespace deltaic {

/// How a Parquet file counts days before 15 October 1582. Spark 2, and later ones where a setting
/// asks for it, store such days by the Julian calendar: 0001-01-01 as two days less.
enum class Calendar : uint8_t {
  kGregorian,
  kJulianBefore1582,
  /// Moreover, times before 1900 were taken in a time zone by the rules of Java 7.
  kJulianInTimeZone,
};

/// The calendars of one file.
struct FileCalendars {
  Calendar dates = Calendar::kGregorian;
  Calendar timestamps = Calendar::kGregorian;
  Calendar int96_timestamps = Calendar::kGregorian;
  bool operator==(const FileCalendars&) const = default;
};

/// What Spark noted in the footer. Other writers have one calendar, and note nothing.
/// \param notes  may be nullptr.
FileCalendars CalendarsOf(const arrow::KeyValueMetadata* notes);

/// The day that in the calendar of today has the year, month and day that `day` has in the Julian
/// one; days since 1970-01-01. 29 February becomes 1 March where the year has none. From
/// 1582-10-15 on days stay.
int64_t GregorianDay(int64_t day);

/// Dates or timestamps (in microseconds) of a file as the table has them. Shares what stays.
/// \retval kUnsupported  a time before 1900 where the calendar is kJulianInTimeZone.
Result<std::shared_ptr<arrow::Array>> ToGregorian(const std::shared_ptr<arrow::Array>& array,
                                                  Calendar calendar);

}  // namespace deltaic
