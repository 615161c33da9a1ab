#include "avro/avro_reader.h"

namespace deltaic {

bool AvroReader::LongSlow(int64_t& out) {
  uint64_t bits = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) return false;
    const auto byte = static_cast<unsigned char>(*at_++);
    if (shift == 63 && byte > 1) return false;
    bits |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      out = static_cast<int64_t>((bits >> 1) ^ (0 - (bits & 1)));
      return true;
    }
  }
  return false;
}

bool AvroReader::Skip(const AvroType& type) {
  int64_t number = 0;
  std::string_view bytes;
  bool flag = false;
  switch (type.kind) {
    case AvroKind::kNull:
      return true;
    case AvroKind::kBoolean:
      return Bool(flag);
    case AvroKind::kInt:
    case AvroKind::kLong:
      return Long(number);
    case AvroKind::kEnum:
      return Long(number) && number >= 0 && static_cast<size_t>(number) < type.symbols.size();
    case AvroKind::kFloat:
      return Fixed(4, bytes);
    case AvroKind::kDouble:
      return Fixed(8, bytes);
    case AvroKind::kBytes:
    case AvroKind::kString:
      return Bytes(bytes);
    case AvroKind::kFixed:
      return Fixed(type.size, bytes);
    case AvroKind::kRecord:
      for (const AvroField& field : type.fields) {
        if (!Skip(*field.type)) return false;
      }
      return true;
    case AvroKind::kUnion:
      return Long(number) && number >= 0 && static_cast<size_t>(number) < type.children.size() &&
             Skip(*type.children[static_cast<size_t>(number)]);
    case AvroKind::kArray:
    case AvroKind::kMap:
      break;
  }
  while (true) {
    if (!Block(number)) return false;
    if (number == 0) return true;
    for (; number > 0; --number) {
      if (type.kind == AvroKind::kMap && !Bytes(bytes)) return false;
      if (!Skip(*type.children[0])) return false;
    }
  }
}

bool AvroDecimal(std::string_view bytes, Int128& out) {
  if (bytes.empty()) {
    out = 0;
    return true;
  }
  const auto sign = static_cast<unsigned char>(static_cast<signed char>(bytes[0]) < 0 ? 0xFF : 0);
  while (bytes.size() > sizeof(Int128)) {
    if (static_cast<unsigned char>(bytes[0]) != sign) return false;
    bytes.remove_prefix(1);
    if ((static_cast<unsigned char>(bytes[0]) & 0x80) != (sign & 0x80)) return false;
  }
  auto number = static_cast<unsigned __int128>(sign == 0 ? 0 : -1);
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  out = static_cast<Int128>(number);
  return true;
}

}  // namespace deltaic
