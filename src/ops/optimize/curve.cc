#include "ops/optimize/curve.h"

#include <algorithm>

namespace deltaic {
namespace {

constexpr int kMostBits = 16;
constexpr int kPlaceBits = 63;

}  // namespace

int CurveBits(int num_columns) {
  return std::clamp(kPlaceBits / std::max(num_columns, 1), 1, kMostBits);
}

uint64_t ZOrderPlace(std::span<uint32_t> ranks, int bits) {
  uint64_t place = 0;
  for (int bit = bits - 1; bit >= 0; --bit) {
    for (const uint32_t rank : ranks) place = (place << 1) | ((rank >> bit) & 1);
  }
  return place;
}

uint64_t HilbertPlace(std::span<uint32_t> ranks, int bits) {
  const size_t n = ranks.size();
  const uint32_t top = uint32_t{1} << (bits - 1);
  // Undoes the rotations and reflections of the cubes that the point is in, from the largest on.
  for (uint32_t q = top; q > 1; q >>= 1) {
    const uint32_t below = q - 1;
    for (size_t i = 0; i < n; ++i) {
      if ((ranks[i] & q) != 0) {
        ranks[0] ^= below;
      } else {
        const uint32_t swap = (ranks[0] ^ ranks[i]) & below;
        ranks[0] ^= swap;
        ranks[i] ^= swap;
      }
    }
  }
  // Gray code.
  for (size_t i = 1; i < n; ++i) ranks[i] ^= ranks[i - 1];
  uint32_t flips = 0;
  for (uint32_t q = top; q > 1; q >>= 1) {
    if ((ranks[n - 1] & q) != 0) flips ^= q - 1;
  }
  for (uint32_t& rank : ranks) rank ^= flips;
  return ZOrderPlace(ranks, bits);
}

}  // namespace deltaic
