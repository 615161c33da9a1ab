#pragma once

#include <cstddef>
#include <string_view>

namespace deltaic_rows {

/// Room for any decimal of 38 digits as text, with sign and point.
constexpr size_t kMaxDecimalText = 48;

/// Writes `unscaled` / 10^`scale` as "-12.50".
/// \param out  kMaxDecimalText bytes, of which the result is a part.
std::string_view FormatDecimal(__int128 unscaled, int scale, char* out);

/// Parses "-12.5", "1.25e3" into a number of 10^-`scale`.
/// \retval false  no decimal; more than `precision` digits; or digits behind the scale other than
/// 0.
bool ParseDecimal(std::string_view text, int precision, int scale, __int128* out);

}  // namespace deltaic_rows
