#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "log/file_replay.h"

namespace deltaic {

inline uint64_t MixHash(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline constexpr uint64_t kHashSeed0 = 0x9e3779b97f4a7c15;
inline constexpr uint64_t kHashSeed1 = 0xd6e8feb86659fd93;

inline uint64_t HashBytes(std::string_view text, uint64_t seed) {
  uint64_t hash = seed ^ MixHash(text.size() ^ kHashSeed0, kHashSeed1);
  const char* p = text.data();
  size_t left = text.size();
  while (left >= 16) {
    uint64_t a, b;
    std::memcpy(&a, p, 8);
    std::memcpy(&b, p + 8, 8);
    hash = MixHash(a ^ kHashSeed0, b ^ hash);
    p += 16;
    left -= 16;
  }
  uint64_t tail[2] = {0, 0};
  if (left > 0) std::memcpy(tail, p, left);
  return MixHash(tail[0] ^ kHashSeed1 ^ hash, tail[1] ^ kHashSeed0);
}

/// Hashes by different seeds are independent of each other.
inline uint64_t HashKey(const FileKey& key, uint64_t seed = kHashSeed0) {
  return MixHash(HashBytes(key.path, seed) ^ kHashSeed1, HashBytes(key.dv_id, seed ^ kHashSeed1));
}

}  // namespace deltaic
