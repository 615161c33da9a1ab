#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deltaic {

/// The domain in which a table keeps the highest row id that it gave away.
/// Source: PROTOCOL.md, "Row Tracking".
inline constexpr std::string_view kRowTrackingDomain = "delta.rowTracking";

/// nullopt where `configuration` of that domain does not say.
std::optional<int64_t> ParseRowIdHighWaterMark(std::string_view configuration);
std::string FormatRowIdHighWaterMark(int64_t high_water_mark);

}  // namespace deltaic
