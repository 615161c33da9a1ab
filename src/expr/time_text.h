#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace deltaic {

// Text as CAST reads it, in Spark's forms; the caller has trimmed it.

/// Days since 1970-01-01 of `[+-]y{4,7}[-m[m][-d[d]]]`; after a whole date anything may follow a
/// blank or T.
std::optional<int64_t> ReadDate(std::string_view text);

struct ReadTime {
  int64_t local_micros;  ///< as written, without regard to the zone
  /// What the zone is ahead of UTC; nullopt without one.
  std::optional<int64_t> zone_micros;
};

/// A date as above and `( |T)h[h][:m[m][:s[s][.f{0,9}]]]`, then maybe a zone: Z, UTC, GMT,
/// `[+-]h[h][:mm]`, `[+-]hhmm`. Digits of a fraction past the sixth are cut. Regions are not known.
std::optional<ReadTime> ReadTimestamp(std::string_view text);

}  // namespace deltaic
