#pragma once

#include <compare>
#include <cstdint>

namespace deltaic {

/// A table version: 0 for the first commit, +1 for each next.
struct Version {
  int64_t value = 0;
  auto operator<=>(const Version&) const = default;
  Version Next() const { return Version{value + 1}; }
};

/// A point in time: milliseconds since 1970-01-01T00:00:00 UTC.
struct TimestampMs {
  int64_t value = 0;
  auto operator<=>(const TimestampMs&) const = default;
};

}  // namespace deltaic
