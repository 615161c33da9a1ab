#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace deltaic {

/// The numbers of rows in ascending order of their places, rows of one place as they stand.
/// \param places  0 or more.  \param order  is overwritten; its memory is used again.
void OrderRows(std::span<const int64_t> places, std::vector<uint32_t>& order);

}  // namespace deltaic
