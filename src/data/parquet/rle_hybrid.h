#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

/// \return the value that all `count` are, where `bytes` say so by run lengths alone.
std::optional<uint32_t> OnlyValueOfRuns(std::span<const uint8_t> bytes, int bit_width,
                                        size_t count);

/// Appends a run of one value.
void AppendRun(uint32_t value, size_t count, int bit_width, std::string& out);

/// Appends values so that DecodeRleHybrid() reads them back. \param bit_width  that all fit in.
void EncodeRleHybrid(std::span<const uint32_t> values, int bit_width, std::string& out);

}  // namespace deltaic
