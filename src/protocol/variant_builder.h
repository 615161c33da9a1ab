#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/value.h"
#include "protocol/variant.h"

namespace deltaic {

// Each appends one encoded value. Source: parquet-format, VariantEncoding.md, "Value encoding".

void AppendVariantNull(std::string& out);
void AppendVariantBoolean(std::string& out, bool value);
/// \param type  an integer type, or one that an integer holds (dates, times, timestamps), which
/// `value` fits.
void AppendVariantInteger(std::string& out, VariantType type, int64_t value);
void AppendVariantFloat(std::string& out, float value);
void AppendVariantDouble(std::string& out, double value);
/// The decimal type is the smallest for the precision. \param precision  1..38  \param scale  0..38
void AppendVariantDecimal(std::string& out, Int128 unscaled, int precision, int scale);
/// Below 4 GiB.
void AppendVariantString(std::string& out, std::string_view text);
void AppendVariantBinary(std::string& out, std::string_view bytes);
void AppendVariantUuid(std::string& out, std::string_view sixteen_bytes);

/// A member's encoded value inside the bytes of all members, and its field id where it has one.
struct VariantPart {
  uint32_t field_id = 0;
  uint32_t begin = 0;
};

/// \param parts  in the order of their names; their values may lie in any order.
/// \param content  all members' values, below 4 GiB.
void AppendVariantObject(std::string& out, std::span<const VariantPart> parts,
                         std::string_view content);
/// \param parts  in the order of the array, which is that of `content`.
void AppendVariantArray(std::string& out, std::span<const VariantPart> parts,
                        std::string_view content);

}  // namespace deltaic
