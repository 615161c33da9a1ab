#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace deltaic {

/// Reads the bytes of Thrift's compact protocol. After the first fault all is empty, and nothing is
/// believed that the bytes do not hold.
class ThriftCursor {
 public:
  explicit ThriftCursor(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  void Fail() { failed_ = true; }
  size_t position() const { return position_; }
  size_t left() const { return bytes_.size() - position_; }
  /// What was read from `begin` on.
  std::span<const uint8_t> Since(size_t begin) const {
    return bytes_.subspan(begin, position_ - begin);
  }

  uint8_t Byte() {
    if (left() == 0) failed_ = true;
    return failed_ ? 0 : bytes_[position_++];
  }
  std::span<const uint8_t> Take(uint64_t size) {
    if (size > left()) failed_ = true;
    if (failed_) return {};
    position_ += size;
    return bytes_.subspan(position_ - size, size);
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) return value;
    }
    failed_ = true;
    return 0;
  }
  int64_t ZigZag() {
    const uint64_t value = Varint();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  bool failed_ = false;
};

inline void AppendThriftVarint(uint64_t value, std::string& out) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

}  // namespace deltaic
