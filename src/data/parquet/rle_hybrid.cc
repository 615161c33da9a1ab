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
  const size_t begin = out.size();
  const size_t end = begin + groups * static_cast<size_t>(bit_width);
  out.resize(end + sizeof(uint32_t));  // each step writes four bytes
  char* at = out.data() + begin;
  uint64_t word = 0;
  int bits = 0;
  for (const uint32_t value : values) {
    word |= static_cast<uint64_t>(value) << bits;
    bits += bit_width;
    if (bits < 32) continue;
    const auto low = static_cast<uint32_t>(word);
    std::memcpy(at, &low, sizeof(low));
    at += sizeof(low);
    word >>= 32;
    bits -= 32;
  }
  const auto low = static_cast<uint32_t>(word);
  std::memcpy(at, &low, sizeof(low));
  out.resize(end);
}

/// \return where the first values at or after `from` are that many equal ones that they can be a
/// run; values.size(): nowhere.
size_t FindRun(std::span<const uint32_t> values, size_t from) {
  size_t equal = 0;
  for (size_t i = from; i < values.size(); ++i) {
    equal = equal > 0 && values[i] == values[i - 1] ? equal + 1 : 1;
    if (equal == kGroup) return i + 1 - kGroup;
  }
  return values.size();
}

/// \return false where `bytes` hold no whole run.
bool ReadRunValue(std::span<const uint8_t>& bytes, int bit_width, uint32_t& value) {
  const auto size = static_cast<size_t>((bit_width + 7) / 8);
  if (size > bytes.size()) return false;
  value = 0;
  if (size > 0) std::memcpy(&value, bytes.data(), size);
  bytes = bytes.subspan(size);
  return true;
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
    uint32_t value = 0;
    if (run == 0 || !ReadRunValue(bytes, bit_width, value)) return false;
    std::fill_n(values.begin() + static_cast<std::ptrdiff_t>(done), run, value);
    done += run;
  }
  return true;
}

std::optional<uint32_t> OnlyValueOfRuns(std::span<const uint8_t> bytes, int bit_width,
                                        size_t count) {
  std::optional<uint32_t> only;
  for (size_t done = 0; done < count;) {
    uint64_t header = 0;
    uint32_t value = 0;
    if (!ReadVarint(bytes, header) || (header & 1) != 0 || header == 0) return std::nullopt;
    if (!ReadRunValue(bytes, bit_width, value) || only.value_or(value) != value)
      return std::nullopt;
    only = value;
    done += std::min<uint64_t>(header >> 1, count - done);
  }
  return only;
}

void AppendRun(uint32_t value, size_t count, int bit_width, std::string& out) {
  AppendVarint(static_cast<uint64_t>(count) << 1, out);
  for (int bits = 0; bits < bit_width; bits += 8) out += static_cast<char>(value >> bits);
}

void EncodeRleHybrid(std::span<const uint32_t> values, int bit_width, std::string& out) {
  size_t packed_from = 0;
  for (size_t at = FindRun(values, 0); at < values.size();) {
    size_t end = at + kGroup;
    while (end < values.size() && values[end] == values[at]) ++end;
    // Packed values come in whole groups, so a run can begin where a group ends.
    const size_t begin = packed_from + (at - packed_from + kGroup - 1) / kGroup * kGroup;
    if (begin + kGroup <= end) {
      Pack(values.subspan(packed_from, begin - packed_from), bit_width, out);
      AppendRun(values[at], end - begin, bit_width, out);
      packed_from = end;
    }
    at = FindRun(values, end);
  }
  Pack(values.subspan(packed_from), bit_width, out);
}

}  // namespace deltaic
