#include "data/parquet/rle_hybrid.h"

#include <algorithm>
#include <cstring>

namespace deltaic {
namespace {

constexpr size_t kGroup = 8;  ///< values are packed by the group

bool ReadVarint(std::span<const uint8_t>& bytes, uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return false;
    const uint8_t byte = bytes.front();
    bytes = bytes.subspan(1);
    value |= static_cast<uint64_t>(byte & 127) << shift;
    if (byte < 128) return true;
  }
  return false;
}

void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

/// \pre  `bytes` hold `count` values.
void Unpack(std::span<const uint8_t> bytes, int bit_width, size_t count, uint32_t* out) {
  if (bit_width == 0) {
    std::fill_n(out, count, 0);
    return;
  }
  const uint64_t mask = (uint64_t{1} << bit_width) - 1;
  size_t bit = 0;
  for (size_t i = 0; i < count; ++i, bit += static_cast<size_t>(bit_width)) {
    const size_t at = bit / 8;
    uint64_t word = 0;
    if (at + sizeof(word) <= bytes.size()) {
      std::memcpy(&word, bytes.data() + at, sizeof(word));
    } else {
      std::memcpy(&word, bytes.data() + at, bytes.size() - at);
    }
    out[i] = static_cast<uint32_t>(word >> (bit % 8) & mask);
  }
}

void Pack(std::span<const uint32_t> values, int bit_width, std::string& out) {
  if (values.empty()) return;
  const size_t groups = (values.size() + kGroup - 1) / kGroup;
  AppendVarint(groups << 1 | 1, out);
  uint64_t word = 0;
  int bits = 0;
  const auto add = [&](uint32_t value) {
    word |= static_cast<uint64_t>(value) << bits;
    bits += bit_width;
    for (; bits >= 8; bits -= 8, word >>= 8) out += static_cast<char>(word);
  };
  for (const uint32_t value : values) add(value);
  for (size_t i = values.size(); i < groups * kGroup; ++i) add(0);
}

}  // namespace

bool DecodeRleHybrid(std::span<const uint8_t> bytes, int bit_width, size_t count,
                     std::vector<uint32_t>& values) {
  values.resize(count);
  for (size_t done = 0; done < count;) {
    uint64_t header = 0;
    if (!ReadVarint(bytes, header)) return false;
    if (header & 1) {
      const size_t room = std::min<uint64_t>((header >> 1) * kGroup, count - done);
      const size_t needed = (room * static_cast<size_t>(bit_width) + 7) / 8;
      if (room == 0 || needed > bytes.size()) return false;
      Unpack(bytes, bit_width, room, values.data() + done);
      const uint64_t stored = (header >> 1) * static_cast<uint64_t>(bit_width);
      bytes = bytes.subspan(std::min<uint64_t>(stored, bytes.size()));
      done += room;
      continue;
    }
    const size_t run = std::min<uint64_t>(header >> 1, count - done);
    const auto size = static_cast<size_t>((bit_width + 7) / 8);
    if (run == 0 || size > bytes.size()) return false;
    uint32_t value = 0;
    if (size > 0) std::memcpy(&value, bytes.data(), size);
    bytes = bytes.subspan(size);
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(done), run, value);
    done += run;
  }
  return true;
}

void EncodeRleHybrid(std::span<const uint32_t> values, int bit_width, std::string& out) {
  size_t packed_from = 0;
  size_t at = 0;
  while (at < values.size()) {
    size_t end = at + 1;
    while (end < values.size() && values[end] == values[at]) ++end;
    // Packed values come in whole groups, so a run can begin where a group ends.
    const size_t begin = packed_from + (at - packed_from + kGroup - 1) / kGroup * kGroup;
    if (end < begin + kGroup) {
      at = end;
      continue;
    }
    Pack(values.subspan(packed_from, begin - packed_from), bit_width, out);
    AppendVarint((end - begin) << 1, out);
    for (int bits = 0; bits < bit_width; bits += 8) out += static_cast<char>(values[at] >> bits);
    packed_from = at = end;
  }
  Pack(values.subspan(packed_from), bit_width, out);
}

}  // namespace deltaic
