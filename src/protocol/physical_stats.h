#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deltaic {

/// `stats` (an add's, perhaps empty) as they are for a file of which a deletion vector now takes
/// rows away: bounds and counts stay, but need not be tight any more, and `numRecords` counts the
/// deleted rows too. Statistics that do not parse are left out.
/// \param num_records  rows that the data file holds.
/// Source: PROTOCOL.md, "Per-file Statistics".
std::string PhysicalStats(std::string_view stats, int64_t num_records);

}  // namespace deltaic
