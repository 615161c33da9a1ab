#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace deltaic::ingest {

/// One field as it stands in the bytes of a message.
struct ProtoWire {
  int32_t number = 0;
  int wire = 0;            ///< 0 varint, 1 eight bytes, 2 bytes, 3 group, 5 four bytes
  uint64_t bits = 0;       ///< of 0, 1 and 5
  std::string_view bytes;  ///< of 2, and between the tags of a group
};

/// Reads Protobuf's fields. Lengths are not trusted: each call gives false where bytes are damaged.
class ProtoReader {
 public:
  explicit ProtoReader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  const char* at() const { return at_; }

  bool Varint(uint64_t& out) {
    if (at_ != end_ && static_cast<signed char>(*at_) >= 0) [[likely]] {
      out = static_cast<uint64_t>(*at_++);
      return true;
    }
    return VarintSlow(out);
  }
  template <typename T>
  bool Plain(uint64_t& out) {
    T value = 0;
    if (static_cast<size_t>(end_ - at_) < sizeof(T)) return false;
    std::memcpy(&value, at_, sizeof(T));
    at_ += sizeof(T);
    out = value;
    return true;
  }
  bool Next(ProtoWire& out) { return Next(out, 0); }

 private:
  static constexpr int kMostDepth = 64;

  bool VarintSlow(uint64_t& out) {
    uint64_t bits = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) return false;
      const auto byte = static_cast<unsigned char>(*at_++);
      bits |= shift < 64 ? static_cast<uint64_t>(byte & 0x7F) << shift : 0;
      if (byte < 0x80) {
        out = bits;
        return true;
      }
    }
    return false;
  }
  bool Next(ProtoWire& out, int depth) {
    uint64_t tag = 0;
    if (!Varint(tag) || tag >> 3 == 0 || tag >> 3 >= uint64_t{1} << 29) return false;
    out.number = static_cast<int32_t>(tag >> 3);
    out.wire = static_cast<int>(tag & 7);
    switch (out.wire) {
      case 0:
        return Varint(out.bits);
      case 1:
        return Plain<uint64_t>(out.bits);
      case 5:
        return Plain<uint32_t>(out.bits);
      case 2: {
        uint64_t size = 0;
        if (!Varint(size) || size > static_cast<uint64_t>(end_ - at_)) return false;
        out.bytes = {at_, static_cast<size_t>(size)};
        at_ += size;
        return true;
      }
      case 3:
        return Group(out, depth);
      default:
        return out.wire == 4 && depth > 0;  // the end of a group
    }
  }
  bool Group(ProtoWire& out, int depth) {
    if (depth >= kMostDepth) return false;
    const char* begin = at_;
    while (true) {
      const char* before = at_;
      ProtoWire inner;
      if (!Next(inner, depth + 1)) return false;
      if (inner.wire != 4) continue;
      if (inner.number != out.number) return false;
      out.bytes = {begin, static_cast<size_t>(before - begin)};
      return true;
    }
  }

  const char* at_;
  const char* end_;
};

}  // namespace deltaic::ingest
