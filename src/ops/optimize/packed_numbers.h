#pragma once

#include <arrow/buffer_builder.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "base/status.h"

namespace deltaic {

/// Reads what this process has written to a temporary file, front to back. No bounds are checked.
class PieceReader {
 public:
  explicit PieceReader(const uint8_t* at) : at_(at) {}
  /// The next `size_bytes`.
  const uint8_t* Take(int64_t size_bytes) { return std::exchange(at_, at_ + size_bytes); }
  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, Take(int64_t{sizeof(T)}), sizeof(T));
    return value;
  }

 private:
  const uint8_t* at_;
};

/// Adds numbers to a piece as differences from the smallest, in 0, 1, 2, 4 or 8 bytes each, as few
/// as their range allows. T: int8_t, int16_t, int32_t or int64_t.
template <typename T>
Status PackNumbers(std::span<const T> numbers, arrow::BufferBuilder& out);

/// Reads `count` numbers to `out`.
template <typename T>
void UnpackNumbers(PieceReader& in, int64_t count, T* out);

}  // namespace deltaic
