#pragma once

#include <cstdint>
#include <span>

namespace deltaic {

/// How rows of several columns are put into one order.
enum class CurveKind {
  kZOrder,   ///< bits of the columns' ranks take turns
  kHilbert,  ///< the Hilbert curve: neighbors on it are neighbors in every column
};

/// Bits of each of `num_columns` ranks that have room in a place on the curve, at most 16.
/// \param num_columns  1 to 63.
int CurveBits(int num_columns);

/// The place on the curve of a row whose columns have these ranks, each of `bits` bits.
/// \param ranks  may be overwritten.
uint64_t ZOrderPlace(std::span<uint32_t> ranks, int bits);
/// Source: J. Skilling, "Programming the Hilbert curve", AIP Conf. Proc. 707 (2004).
uint64_t HilbertPlace(std::span<uint32_t> ranks, int bits);

}  // namespace deltaic
