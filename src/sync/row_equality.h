#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <span>
#include <vector>

namespace deltaic {

/// Two rows of one batch.
struct RowPair {
  int64_t one = 0, other = 0;
};

/// Sets `differs[i]` where the values of pair `i` are not equal: null equals null; floating-point
/// numbers are compared by their bits, so that NaN equals itself and -0.0 is not 0.0.
void FindDifferences(const arrow::Array& values, std::span<const RowPair> pairs,
                     std::vector<uint8_t>& differs);

}  // namespace deltaic
