#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace deltaic {

/// Z85 (ZeroMQ RFC 32): 4 bytes big endian <-> 5 characters.
/// \param bytes  size a multiple of 4.
std::string Z85Encode(std::span<const std::byte> bytes);

/// \retval kCorruption  length not a multiple of 5, a character outside the alphabet, a group above
/// 2^32 - 1 that is
///         not the `#`-marked short last group (n leading `#`: n bytes fewer).
Result<std::vector<std::byte>> Z85Decode(std::string_view text);

}  // namespace deltaic
