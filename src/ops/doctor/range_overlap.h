#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "protocol/value.h"

namespace deltaic {

/// The values of a column in one file, both bounds within.
struct ValueRange {
  int32_t partition = 0;
  Value min, max;  ///< of one type, not null
};

/// Of a partition's files, the share in whose range a value lies, on average over the middles of
/// the files' ranges: the "overlap depth" of clustering, divided by the number of files. Values
/// that a double cannot tell apart count as one, and of texts six bytes after what all begin with.
/// \return nullopt where no partition has two ranges.
std::optional<double> ShareRead(std::vector<ValueRange> ranges);

/// At most `most` of the ranges, evenly chosen, in the order of their minima, each bound as its
/// place among all bounds: 0 to 1.
std::vector<std::pair<double, double>> PlacesOf(std::vector<ValueRange> ranges, size_t most);

}  // namespace deltaic
