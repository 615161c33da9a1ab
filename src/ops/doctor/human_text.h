#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deltaic {

/// "1.4 MB": decimal units, as storage bills have them.
std::string HumanBytes(int64_t bytes);
/// "1,234,567".
std::string GroupedNumber(int64_t value);
/// "1 file", "1,234 files".
std::string Counted(int64_t count, std::string_view what);
/// "0.4 %", "73 %", of a share from 0 to 1.
std::string Percent(double share);

}  // namespace deltaic
