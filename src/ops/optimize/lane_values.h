#pragma once

#include <arrow/buffer.h>
#include <arrow/buffer_builder.h>
#include <arrow/util/bit_util.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

#include "base/status.h"
#include "data/memory/decode_pool.h"
#include "storage/arrow_status.h"

namespace deltaic {

inline Result<std::shared_ptr<arrow::Buffer>> NewBuffer(int64_t size_bytes) {
  DELTAIC_ASSIGN_OR_RETURN(auto buffer, arrow::AllocateBuffer(size_bytes, DecodePool()));
  return std::shared_ptr<arrow::Buffer>(std::move(buffer));
}

/// Bits of `count` rows. \param bit_at  (i) -> bool
template <typename BitAt>
Result<std::shared_ptr<arrow::Buffer>> NewBits(int64_t count, BitAt bit_at) {
  DELTAIC_ASSIGN_OR_RETURN(auto bits, NewBuffer(arrow::bit_util::BytesForBits(count)));
  std::memset(bits->mutable_data(), 0, static_cast<size_t>(bits->size()));
  for (int64_t i = 0; i < count; ++i) {
    if (bit_at(i)) arrow::bit_util::SetBit(bits->mutable_data(), i);
  }
  return bits;
}

/// Values of one type in memory that is kept.
template <typename T>
class Values {
 public:
  /// Room for `count` more. \return where they begin.
  Result<T*> Grow(size_t count) {
    const auto bytes = static_cast<int64_t>(count * sizeof(T));
    DELTAIC_RETURN_IF_ERROR(builder_.Reserve(bytes + kSlackBytes));
    T* begin = reinterpret_cast<T*>(builder_.mutable_data() + builder_.length());
    builder_.UnsafeAdvance(bytes);
    return begin;
  }
  std::span<const T> all() const {
    return {reinterpret_cast<const T*>(builder_.data()),
            static_cast<size_t>(builder_.length()) / sizeof(T)};
  }
  void Clear(bool keep_memory) { keep_memory ? builder_.Rewind(0) : builder_.Reset(); }
  int64_t size_bytes() const { return builder_.length(); }

  /// Behind what Grow() gives, so that a short text may be written as if it were longer.
  static constexpr int64_t kSlackBytes = 64;

 private:
  arrow::BufferBuilder builder_{DecodeScratchPool()};
};

/// Copies a text. Both sides have Values::kSlackBytes more bytes where `is_roomy`.
inline void CopyText(uint8_t* to, const uint8_t* from, int64_t size_bytes, bool is_roomy) {
  if (is_roomy && size_bytes <= Values<uint8_t>::kSlackBytes) {
    std::memcpy(to, from, Values<uint8_t>::kSlackBytes);  // of a known size: a few instructions
  } else if (size_bytes > 0) {
    std::memcpy(to, from, static_cast<size_t>(size_bytes));
  }
}

}  // namespace deltaic
