#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"

namespace deltaic {

/// What one serialized Roaring bitmap takes and holds.
struct RoaringExtent {
  size_t size_bytes = 0;
  uint64_t cardinality = 0;
};

/// Walks the 32-bit Roaring bitmap (portable form) that `bytes` starts with and checks all that a
/// reader relies on: sizes, keys and values ascending, counts true. CRoaring checks only that it
/// reads inside the bytes, and trusts the rest.
/// \retval kCorruption  where it is broken.
/// Source: github.com/RoaringBitmap/RoaringFormatSpec.
Result<RoaringExtent> CheckRoaring(std::span<const std::byte> bytes);

}  // namespace deltaic
