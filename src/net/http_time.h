#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deltaic {

// Times as headers and signatures write them; all in seconds since 1970-01-01T00:00:00Z.

/// "Mon, 30 Nov 2026 07:18:19 GMT" (RFC 9110's preferred form only).
std::optional<int64_t> ParseHttpDate(std::string_view text);
std::string FormatHttpDate(int64_t seconds);

/// "20261130T071819Z", of signatures.
std::string FormatCompactTime(int64_t seconds);

/// The clock of this machine.
int64_t NowSeconds();

}  // namespace deltaic
