#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace deltaic {

// Text by characters (code points of UTF-8). Broken text counts each stray byte as Spark does:
// bytes that continue a character belong to the one before.

int64_t CountCharacters(std::string_view text);

/// The byte at which character number `index` (from 0) starts; the size of the text if it has no
/// more than `index` characters.
size_t ByteOfCharacter(std::string_view text, int64_t index);

/// Characters [begin, end), clipped to the text.
std::string_view CharacterRange(std::string_view text, int64_t begin, int64_t end);

std::string ReverseCharacters(std::string_view text);

bool IsAscii(std::string_view text);

}  // namespace deltaic
