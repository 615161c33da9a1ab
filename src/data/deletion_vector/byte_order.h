#pragma once

#include <concepts>
#include <cstddef>
#include <string>

namespace deltaic {

/// Fixed-width unsigned integers as bytes, whatever the machine's order.
template <std::unsigned_integral T>
T LoadLittleEndian(const std::byte* bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(std::to_integer<T>(bytes[i]) << (8 * i));
  return value;
}
template <std::unsigned_integral T>
T LoadBigEndian(const std::byte* bytes) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8 | std::to_integer<T>(bytes[i]));
  return value;
}
template <std::unsigned_integral T>
void AppendLittleEndian(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}
template <std::unsigned_integral T>
void AppendBigEndian(std::string& out, T value) {
  for (size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

}  // namespace deltaic
