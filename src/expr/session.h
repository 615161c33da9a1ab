#pragma once

#include <cstdint>
#include <optional>

#include "base/time_zone.h"

namespace deltaic {

/// What the value of an expression depends on besides rows. One for all that belongs together, so
/// that it is taken once, where a call begins.
struct Session {
  /// What CURRENT_TIMESTAMP means, in microseconds since 1970-01-01 UTC: the same for all rows.
  /// Without it such functions are refused.
  std::optional<int64_t> now_micros;
  /// Where texts and dates become instants, and instants texts and dates; nullptr: UTC.
  TimeZonePtr zone;
};

}  // namespace deltaic
