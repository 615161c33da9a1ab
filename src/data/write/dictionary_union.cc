#include "data/write/dictionary_union.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string_view>

namespace deltaic {
namespace {

constexpr size_t kFirstSlots = 1024;

uint64_t HashOf(std::span<const uint8_t> value) {
  if (value.size() > sizeof(uint64_t)) {
    return std::hash<std::string_view>()(
        {reinterpret_cast<const char*>(value.data()), value.size()});
  }
  uint64_t bits = 0;
  std::memcpy(&bits, value.data(), value.size());
  bits = (bits ^ bits >> 32) * 0x9E3779B97F4A7C15;
  return bits ^ bits >> 29;
}

}  // namespace

Result<PlainValues> PlainValues::Open(std::span<const uint8_t> bytes, int value_bytes,
                                      size_t count) {
  PlainValues values;
  values.bytes_ = bytes;
  values.count_ = count;
  if (value_bytes > 0) {
    values.width_ = static_cast<size_t>(value_bytes);
    if (bytes.size() / values.width_ < count) return Status::Corruption("a dictionary is cut off");
    return values;
  }
  // Each has its size.
  if (bytes.size() / sizeof(uint32_t) < count) return Status::Corruption("a dictionary is cut off");
  values.begins_.reserve(count + 1);
  size_t at = 0;
  for (size_t i = 0; i < count; ++i) {
    values.begins_.push_back(at);
    uint32_t size = 0;
    if (bytes.size() - at < sizeof(size)) return Status::Corruption("a dictionary is cut off");
    std::memcpy(&size, bytes.data() + at, sizeof(size));
    at += sizeof(size);
    if (size > bytes.size() - at) return Status::Corruption("a dictionary is cut off");
    at += size;
  }
  values.begins_.push_back(at);
  return values;
}

bool DictionaryUnion::Add(const PlainValues& values, std::vector<uint32_t>& map) {
  map.resize(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (2 * (ends_.size() + 1) > slots_.size()) Grow();
    const auto value = values.value(i);
    const uint64_t hash = HashOf(value);
    size_t slot = hash & (slots_.size() - 1);
    for (;; slot = (slot + 1) & (slots_.size() - 1)) {
      if (slots_[slot] == 0) break;
      const size_t number = slots_[slot] - 1;
      const size_t begin = BeginOf(number);
      if (hashes_[number] == hash && ends_[number] - begin == value.size() &&
          std::memcmp(bytes_.data() + begin, value.data(), value.size()) == 0) {
        break;
      }
    }
    if (slots_[slot] == 0) {
      if (value.size() > max_bytes_ - std::min(max_bytes_, bytes_.size())) return false;
      bytes_.append(reinterpret_cast<const char*>(value.data()), value.size());
      ends_.push_back(bytes_.size());
      hashes_.push_back(hash);
      slots_[slot] = static_cast<uint32_t>(ends_.size());
    }
    map[i] = slots_[slot] - 1;
  }
  return true;
}

void DictionaryUnion::Grow() {
  slots_.assign(std::max(kFirstSlots, 2 * slots_.size()), 0);
  for (size_t number = 0; number < ends_.size(); ++number) {
    size_t slot = hashes_[number] & (slots_.size() - 1);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = static_cast<uint32_t>(number + 1);
  }
}

}  // namespace deltaic
