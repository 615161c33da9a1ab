#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "ingest/protobuf/proto_reader.h"
#include "ingest/protobuf/proto_schema.h"

namespace deltaic::ingest {

/// A number as its type has it.
struct ProtoNumber {
  enum class Kind : uint8_t { kSigned, kUnsigned, kReal, kBool } kind = Kind::kSigned;
  int64_t integer = 0;  ///< bits of an unsigned one
  double real = 0;
};

inline ProtoNumber NumberOf(ProtoType type, uint64_t bits) {
  using Kind = ProtoNumber::Kind;
  const auto low = static_cast<uint32_t>(bits);
  switch (type) {
    case ProtoType::kDouble:
      return {Kind::kReal, 0, std::bit_cast<double>(bits)};
    case ProtoType::kFloat:
      return {Kind::kReal, 0, std::bit_cast<float>(low)};
    case ProtoType::kUint64:
    case ProtoType::kFixed64:
      return {Kind::kUnsigned, static_cast<int64_t>(bits), 0};
    case ProtoType::kUint32:
    case ProtoType::kFixed32:
      return {Kind::kSigned, static_cast<int64_t>(low), 0};
    case ProtoType::kInt32:
    case ProtoType::kSfixed32:
    case ProtoType::kEnum:
      return {Kind::kSigned, static_cast<int32_t>(low), 0};
    case ProtoType::kSint32:
      return {Kind::kSigned, static_cast<int32_t>((low >> 1) ^ (0 - (low & 1))), 0};
    case ProtoType::kSint64:
      return {Kind::kSigned, static_cast<int64_t>((bits >> 1) ^ (0 - (bits & 1))), 0};
    case ProtoType::kBool:
      return {Kind::kBool, bits != 0 ? 1 : 0, 0};
    default:
      return {Kind::kSigned, static_cast<int64_t>(bits), 0};
  }
}

/// How a type is written: as ProtoWire::wire has it.
inline int WireOf(ProtoType type) {
  switch (type) {
    case ProtoType::kDouble:
    case ProtoType::kFixed64:
    case ProtoType::kSfixed64:
      return 1;
    case ProtoType::kFloat:
    case ProtoType::kFixed32:
    case ProtoType::kSfixed32:
      return 5;
    case ProtoType::kString:
    case ProtoType::kBytes:
    case ProtoType::kMessage:
      return 2;
    case ProtoType::kGroup:
      return 3;
    default:
      return 0;
  }
}

inline bool IsPackable(ProtoType type) { return WireOf(type) != 2 && WireOf(type) != 3; }

/// One of several numbers in a run of bytes.
inline bool NextPacked(ProtoReader& in, ProtoType type, uint64_t& bits) {
  const int wire = WireOf(type);
  if (wire == 0) return in.Varint(bits);
  return wire == 1 ? in.Plain<uint64_t>(bits) : in.Plain<uint32_t>(bits);
}

/// Seconds and nanos of a Timestamp or Duration.
struct ProtoTime {
  int64_t seconds = 0;
  int32_t nanos = 0;
};
inline bool ReadProtoTime(std::string_view bytes, ProtoTime& out) {
  ProtoReader in(bytes);
  while (!in.at_end()) {
    ProtoWire wire;
    if (!in.Next(wire)) return false;
    if (wire.wire != 0) continue;
    if (wire.number == 1) out.seconds = static_cast<int64_t>(wire.bits);
    if (wire.number == 2) out.nanos = static_cast<int32_t>(wire.bits);
  }
  return true;
}
/// Towards the past; false where it is beyond 64 bits of microseconds.
inline bool MicrosOf(const ProtoTime& time, int64_t& micros) {
  const int64_t part = time.nanos / 1000 - (time.nanos % 1000 < 0 ? 1 : 0);
  return !__builtin_mul_overflow(time.seconds, 1'000'000, &micros) &&
         !__builtin_add_overflow(micros, part, &micros);
}

}  // namespace deltaic::ingest
