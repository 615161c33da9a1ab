#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace deltaic {

/// "interval 30 days" and its kin (weeks to milliseconds, several units in a row) in milliseconds;
/// months and years are refused.
/// \retval kInvalidArgument  anything else, a negative sum, or one beyond int64.
Result<int64_t> ParseInterval(std::string_view text);

}  // namespace deltaic
