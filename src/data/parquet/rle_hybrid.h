#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace deltaic {

/// Decodes `count` values of Parquet's hybrid of run lengths and bit packing, which levels and
/// numbers of dictionary entries are stored in.
/// \param bit_width  0 to 32.
/// \return false where `bytes` end before.
bool DecodeRleHybrid(std::span<const uint8_t> bytes, int bit_width, size_t count,
                     std::vector<uint32_t>& values);

/// Appends values so that DecodeRleHybrid() reads them back. \param bit_width  that all fit in.
void EncodeRleHybrid(std::span<const uint32_t> values, int bit_width, std::string& out);

}  // namespace deltaic
