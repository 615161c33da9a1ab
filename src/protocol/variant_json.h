#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time_zone.h"
#include "protocol/variant.h"

namespace deltaic {

/// Appends a variant as JSON, as Spark's to_json(variant): decimals as numbers
/// without zeros at their end, dates "2024-01-31", timestamps "2024-01-31 10:00:00.5+00:00"
/// in `zone` (nullptr: UTC), without zone "2024-01-31 10:00:00.5", binary as base64, NaN and
/// infinities as texts.
/// \retval kCorruption  also for fields not in the order of their names, or one named twice.
/// \retval kUnsupported  a type or a metadata version that is newer than this build, or more than
/// 256 MiB of JSON.
Status AppendVariantJson(std::string& out, std::string_view metadata, std::string_view value,
                         const TimeZone* zone = nullptr);

/// `+hh:mm` of what clocks are ahead of UTC, in microseconds; seconds are left out.
std::string ZoneOffsetText(int64_t offset_micros);

std::string Base64Text(std::string_view bytes);

/// A decimal as a plain number without zeros at its end: 1.50 is 1.5, 2.00 is 2.
std::string VariantDecimalText(const VariantValue& decimal);

}  // namespace deltaic
