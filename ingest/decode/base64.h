#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deltaic::ingest {

/// RFC 4648 with padding.
std::string EncodeBase64(std::string_view bytes);
/// The bytes; padding may be left out. nullopt for other text.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace deltaic::ingest
