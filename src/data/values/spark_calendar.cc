#include "data/values/spark_calendar.h"

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "base/civil_time.h"
#include "storage/arrow_status.h"

namespace deltaic {
namespace {

constexpr int64_t kMicrosPerDay = 86'400'000'000;
constexpr int64_t kFirstGregorianDay = -141'427;  ///< 1582-10-15
constexpr int64_t kDay1900 = -25'567;
/// 1970-01-01 counted from 1 March of the year -4800 of the Julian calendar.
constexpr int64_t kDaysFromJulianEra = 2'440'588 + 32'082;

constexpr std::array<std::string_view, 9> kZonesOfNoOffset = {
    "UTC", "Z", "GMT", "UCT", "Etc/UTC", "Etc/GMT", "Etc/UCT", "Zulu", "+00:00"};

constexpr int64_t FloorDiv(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// True for "2.4.7" and 3.0; the text of a version that cannot be read is no old one.
bool IsBefore(const std::string& version, int major, int minor) {
  int found_major = 0;
  int found_minor = 0;
  const char* end = version.data() + version.size();
  const auto [dot, error] = std::from_chars(version.data(), end, found_major);
  if (error != std::errc()) return false;
  if (dot != end && *dot == '.') std::from_chars(dot + 1, end, found_minor);
  return std::pair(found_major, found_minor) < std::pair(major, minor);
}

/// \param first  the first value that stays.
template <typename T, typename Function>
Result<std::shared_ptr<arrow::Array>> MapBefore(const std::shared_ptr<arrow::Array>& array, T first,
                                                const Function& function) {
  const T* in = array->data()->GetValues<T>(1);
  const int64_t length = array->length();
  if (std::none_of(in, in + length, [&](T value) { return value < first; })) return array;
  // Values from the start of the buffer, so that offset and validity stay as they are.
  const int64_t offset = array->offset();
  DELTAIC_ASSIGN_OR_RETURN(
      std::shared_ptr<arrow::Buffer> buffer,
      arrow::AllocateBuffer((offset + length) * static_cast<int64_t>(sizeof(T))));
  auto* out = reinterpret_cast<T*>(buffer->mutable_data());
  std::fill(out, out + offset, T{0});
  std::transform(in, in + length, out + offset,
                 [&](T value) { return value < first ? function(value) : value; });
  auto data = array->data()->Copy();
  data->buffers[1] = std::move(buffer);
  return arrow::MakeArray(std::move(data));
}

Status CheckFrom1900(const arrow::Array& array) {
  const auto& times = static_cast<const arrow::TimestampArray&>(array);
  for (int64_t i = 0; i < times.length(); ++i) {
    if (times.IsValid(i) && times.Value(i) < kDay1900 * kMicrosPerDay) {
      return Status::Unsupported(
          "a timestamp before 1900 is stored by the calendar of Spark 2 in another time zone than "
          "UTC; rewrite the file with Spark 3 or newer");
    }
  }
  return Status();
}

}  // namespace

FileCalendars CalendarsOf(const arrow::KeyValueMetadata* notes) {
  FileCalendars calendars;
  if (notes == nullptr) return calendars;
  const auto version = notes->Get("org.apache.spark.version");
  if (!version.ok()) return calendars;
  const auto zone = notes->Get("org.apache.spark.timeZone");
  const bool has_offset = zone.ok() && std::find(kZonesOfNoOffset.begin(), kZonesOfNoOffset.end(),
                                                 *zone) == kZonesOfNoOffset.end();
  const Calendar of_times = has_offset ? Calendar::kJulianInTimeZone : Calendar::kJulianBefore1582;
  if (IsBefore(*version, 3, 0) || notes->Contains("org.apache.spark.legacyDateTime")) {
    calendars.dates = Calendar::kJulianBefore1582;
    calendars.timestamps = of_times;
  }
  if (IsBefore(*version, 3, 1) || notes->Contains("org.apache.spark.legacyINT96"))
    calendars.int96_timestamps = of_times;
  return calendars;
}

int64_t GregorianDay(int64_t day) {
  if (day >= kFirstGregorianDay) return day;
  // Years and months begin in March here, so that a leap day is the last of its year.
  const int64_t in_era = day + kDaysFromJulianEra;
  const int64_t march_year = FloorDiv(4 * in_era + 3, 1461);
  const int64_t day_of_year = in_era - FloorDiv(1461 * march_year, 4);
  const int64_t march_month = (5 * day_of_year + 2) / 153;
  const int64_t day_of_month = day_of_year - (153 * march_month + 2) / 5;
  const int64_t year = march_year - 4800 + march_month / 10;
  const auto month = static_cast<unsigned>(march_month + 3 - 12 * (march_month / 10));
  return DaysFromCivil(year, month, 1) + day_of_month;
}

Result<std::shared_ptr<arrow::Array>> ToGregorian(const std::shared_ptr<arrow::Array>& array,
                                                  Calendar calendar) {
  if (calendar == Calendar::kGregorian) return array;
  if (array->type_id() == arrow::Type::DATE32) {
    return MapBefore<int32_t>(array, kFirstGregorianDay,
                              [](int32_t day) { return static_cast<int32_t>(GregorianDay(day)); });
  }
  if (calendar == Calendar::kJulianInTimeZone) {
    DELTAIC_RETURN_IF_ERROR(CheckFrom1900(*array));
    return array;
  }
  return MapBefore<int64_t>(array, kFirstGregorianDay * kMicrosPerDay, [](int64_t micros) {
    const int64_t remainder = micros % kMicrosPerDay;
    const int64_t of_day = remainder < 0 ? remainder + kMicrosPerDay : remainder;
    return GregorianDay(FloorDiv(micros, kMicrosPerDay)) * kMicrosPerDay + of_day;
  });
}

}  // namespace deltaic
