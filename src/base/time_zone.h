#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

class TimeZone;
/// nullptr stands for UTC.
using TimeZonePtr = std::shared_ptr<const TimeZone>;

/// A yearly rule of POSIX's TZ variable, which goes on where a zone's table of changes ends.
struct DaylightRule {
  /// One day of the year.
  struct Day {
    enum class Kind { kMonthWeek, kJulian, kFromZero } kind = Kind::kMonthWeek;
    int month = 0, week = 0, weekday = 0;  ///< kMonthWeek: 1-12, 1-5 (5: the last), 0 = Sunday
    int day = 0;                           ///< kJulian: 1-365 without 29 February; kFromZero: 0-365
    int64_t seconds = 7200;                ///< of the day, or of days around it
  };
  int64_t standard_offset = 0, daylight_offset = 0;  ///< seconds ahead of UTC
  std::optional<Day> start, end;                     ///< of daylight time; unset: there is none
};

/// The rules of one time zone. Immutable: safe from any thread.
///
/// Times are microseconds since 1970-01-01T00:00:00, of UTC or of local clocks.
class TimeZone {
 public:
  /// UTC, GMT, UT, Z, and offsets from them of at most 18 hours: "+02:00", "-5", "UTC+8",
  /// "GMT-03:30". nullopt for any other name: that of a region.
  static std::optional<TimeZonePtr> Fixed(std::string_view name);

  /// A region by its file of the zone database.
  /// \param bytes  untrusted. \retval kCorruption  not in the format. Source: RFC 8536.
  static Result<TimeZonePtr> FromTzif(std::string name, std::string_view bytes);

  const std::string& name() const { return name_; }
  /// Whether local clocks never turn: then local times are in the order of instants.
  bool is_fixed() const { return changes_.empty() && !rule_.start; }

  /// What local clocks are ahead of UTC at an instant, in microseconds.
  int64_t OffsetAt(int64_t utc_micros) const;

  /// nullopt past the range of timestamps.
  std::optional<int64_t> ToLocal(int64_t utc_micros) const;

  /// The instant at which clocks show a time. Of two, the first, unless the second has the offset
  /// `preferred`; where clocks leap over it, the instant at which they would have come to it.
  std::optional<int64_t> ToUtc(int64_t local_micros,
                               std::optional<int64_t> preferred = std::nullopt) const;

  /// Local times go back against instants by no more than this at once.
  static constexpr int64_t kMostTurnedBack = int64_t{26} * 3600 * 1'000'000;

  TimeZone() = default;

 private:
  struct Change {
    int64_t utc_seconds;
    int64_t offset_seconds;  ///< from then on
  };
  int64_t OffsetSeconds(int64_t utc_seconds) const;

  std::string name_;
  int64_t first_offset_ = 0;     ///< seconds, before the first change
  std::vector<Change> changes_;  ///< ascending
  bool has_rule_ = false;        ///< for what comes after the last change
  DaylightRule rule_;
};

/// A rule such as "CET-1CEST,M3.5.0,M10.5.0/3"; nullopt if it is none.
std::optional<DaylightRule> ParseDaylightRule(std::string_view text);

}  // namespace deltaic
