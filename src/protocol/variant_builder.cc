#include "protocol/variant_builder.h"

#include <algorithm>
#include <bit>

namespace deltaic {
namespace {

constexpr size_t kMaxShortString = 63;

// Numbers of the primitive types in the format.
constexpr int kTrue = 1, kFalse = 2, kDouble = 7, kDecimal4 = 8, kDecimal8 = 9, kDecimal16 = 10,
              kFloat = 14, kBinary = 15, kString = 16, kUuid = 20;

struct IntegerType {
  int id;
  size_t size;
};

IntegerType IntegerTypeOf(VariantType type) {
  switch (type) {
    case VariantType::kInt8:
      return {3, 1};
    case VariantType::kInt16:
      return {4, 2};
    case VariantType::kInt32:
      return {5, 4};
    case VariantType::kDate:
      return {11, 4};
    case VariantType::kTimestamp:
      return {12, 8};
    case VariantType::kTimestampNtz:
      return {13, 8};
    case VariantType::kTime:
      return {17, 8};
    case VariantType::kTimestampNanos:
      return {18, 8};
    case VariantType::kTimestampNtzNanos:
      return {19, 8};
    default:
      return {6, 8};
  }
}

void AppendLittleEndian(std::string& out, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xFF));
}

void AppendPrimitiveHeader(std::string& out, int id) { out.push_back(static_cast<char>(id << 2)); }

/// Bytes that a number up to `max` needs: 1 to 4.
size_t SizeOf(uint64_t max) {
  return max <= 0xFF ? 1 : max <= 0xFFFF ? 2 : max <= 0xFFFFFF ? 3 : 4;
}

void AppendOffsets(std::string& out, std::span<const VariantPart> parts, size_t content_size,
                   size_t offset_size) {
  for (const VariantPart& part : parts) AppendLittleEndian(out, part.begin, offset_size);
  AppendLittleEndian(out, content_size, offset_size);
}

}  // namespace

void AppendVariantNull(std::string& out) { AppendPrimitiveHeader(out, 0); }

void AppendVariantBoolean(std::string& out, bool value) {
  AppendPrimitiveHeader(out, value ? kTrue : kFalse);
}

void AppendVariantInteger(std::string& out, VariantType type, int64_t value) {
  const IntegerType integer = IntegerTypeOf(type);
  AppendPrimitiveHeader(out, integer.id);
  AppendLittleEndian(out, static_cast<uint64_t>(value), integer.size);
}

void AppendVariantFloat(std::string& out, float value) {
  AppendPrimitiveHeader(out, kFloat);
  AppendLittleEndian(out, std::bit_cast<uint32_t>(value), 4);
}

void AppendVariantDouble(std::string& out, double value) {
  AppendPrimitiveHeader(out, kDouble);
  AppendLittleEndian(out, std::bit_cast<uint64_t>(value), 8);
}

void AppendVariantDecimal(std::string& out, Int128 unscaled, int precision, int scale) {
  AppendPrimitiveHeader(out, precision <= 9 ? kDecimal4 : precision <= 18 ? kDecimal8 : kDecimal16);
  out.push_back(static_cast<char>(scale));
  const auto bits = static_cast<unsigned __int128>(unscaled);
  AppendLittleEndian(out, static_cast<uint64_t>(bits), precision <= 9 ? 4 : 8);
  if (precision > 18) AppendLittleEndian(out, static_cast<uint64_t>(bits >> 64), 8);
}

void AppendVariantString(std::string& out, std::string_view text) {
  if (text.size() <= kMaxShortString) {
    out.push_back(static_cast<char>(text.size() << 2 | 1));
  } else {
    AppendPrimitiveHeader(out, kString);
    AppendLittleEndian(out, text.size(), 4);
  }
  out += text;
}

void AppendVariantBinary(std::string& out, std::string_view bytes) {
  AppendPrimitiveHeader(out, kBinary);
  AppendLittleEndian(out, bytes.size(), 4);
  out += bytes;
}

void AppendVariantUuid(std::string& out, std::string_view sixteen_bytes) {
  AppendPrimitiveHeader(out, kUuid);
  out += sixteen_bytes;
}

void AppendVariantObject(std::string& out, std::span<const VariantPart> parts,
                         std::string_view content) {
  uint32_t max_id = 0;
  for (const VariantPart& part : parts) max_id = std::max(max_id, part.field_id);
  const size_t id_size = SizeOf(max_id);
  const size_t offset_size = SizeOf(content.size());
  const bool large = parts.size() > 0xFF;
  out.push_back(
      static_cast<char>(((large ? 16 : 0) | (id_size - 1) << 2 | (offset_size - 1)) << 2 | 2));
  AppendLittleEndian(out, parts.size(), large ? 4 : 1);
  for (const VariantPart& part : parts) AppendLittleEndian(out, part.field_id, id_size);
  AppendOffsets(out, parts, content.size(), offset_size);
  out += content;
}

void AppendVariantArray(std::string& out, std::span<const VariantPart> parts,
                        std::string_view content) {
  const size_t offset_size = SizeOf(content.size());
  const bool large = parts.size() > 0xFF;
  out.push_back(static_cast<char>(((large ? 4 : 0) | (offset_size - 1)) << 2 | 3));
  AppendLittleEndian(out, parts.size(), large ? 4 : 1);
  AppendOffsets(out, parts, content.size(), offset_size);
  out += content;
}

}  // namespace deltaic
