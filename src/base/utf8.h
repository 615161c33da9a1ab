#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deltaic {

inline constexpr uint32_t kLastCodePoint = 0x10FFFF;

/// Halves of a pair in UTF-16, which stand for no character alone.
constexpr bool IsSurrogate(uint32_t code) { return code >= 0xD800 && code < 0xE000; }

/// Appends a code point, up to kLastCodePoint.
void AppendUtf8(std::string& out, uint32_t code);

/// Takes a code point off the front of `text`, which is not empty; nullopt, and `text` as it was,
/// where it begins with what is not UTF-8.
std::optional<uint32_t> TakeUtf8(std::string_view& text);

}  // namespace deltaic
