#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "avro/avro_schema.h"
#include "protocol/value.h"

namespace deltaic {

/// Reads Avro's binary encoding. Lengths and counts are not trusted: each call gives false where
/// the bytes end, or say what cannot be. Little-endian machines only, as Arrow.
class AvroReader {
 public:
  explicit AvroReader(std::string_view bytes)
      : at_(bytes.data()), end_(at_ + bytes.size()), items_left_(kFreeItems + bytes.size()) {}

  size_t left() const { return static_cast<size_t>(end_ - at_); }
  const char* at() const { return at_; }

  bool Long(int64_t& out) {
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) [[likely]] {
      const auto byte = static_cast<uint64_t>(*at_++);
      out = static_cast<int64_t>((byte >> 1) ^ (0 - (byte & 1)));
      return true;
    }
    return LongSlow(out);
  }
  template <typename T>
  bool Plain(T& out) {
    if (left() < sizeof(T)) return false;
    std::memcpy(&out, at_, sizeof(T));
    at_ += sizeof(T);
    return true;
  }
  bool Bool(bool& out) {
    if (at_ == end_ || (*at_ != 0 && *at_ != 1)) return false;
    out = *at_++ == 1;
    return true;
  }
  bool Fixed(int64_t size, std::string_view& out) {
    if (size < 0 || static_cast<uint64_t>(size) > left()) return false;
    out = {at_, static_cast<size_t>(size)};
    at_ += size;
    return true;
  }
  bool Bytes(std::string_view& out) {
    int64_t size = 0;
    return Long(size) && Fixed(size, out);
  }
  /// The number of items that follow; 0: the array or map ends. What takes no bytes (null, empty
  /// records) could come in any number, so a message has only some of it for nothing.
  bool Block(int64_t& count) {
    int64_t size = 0;
    if (!Long(count)) return false;
    if (count < 0) {
      if (count == INT64_MIN || !Long(size) || size < 0) return false;
      count = -count;
    }
    if (static_cast<uint64_t>(count) > items_left_) return false;
    items_left_ -= static_cast<uint64_t>(count);
    return true;
  }
  /// Over one value.
  bool Skip(const AvroType& type);

 private:
  static constexpr uint64_t kFreeItems = 65536;
  bool LongSlow(int64_t& out);

  const char* at_;
  const char* end_;
  uint64_t items_left_;
};

/// The number that a decimal's bytes are, big-endian; false for more than 128 bits.
bool AvroDecimal(std::string_view bytes, Int128& out);

}  // namespace deltaic
