#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/status.h"

namespace deltaic {

using UuidBytes = std::array<std::byte, 16>;

/// The 36-character lower-case form. Sets the version (4) and variant bits of `random` first.
std::string FormatRandomUuid(UuidBytes random);

/// The 36-character lower-case form of `bytes` as they are.
std::string FormatUuid(const UuidBytes& bytes);

/// Parses the 36-character form, either case. \retval kInvalidArgument  anything else.
Result<UuidBytes> ParseUuid(std::string_view text);

}  // namespace deltaic
