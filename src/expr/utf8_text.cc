#include "expr/utf8_text.h"

#include <algorithm>

namespace deltaic {
namespace {

bool StartsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

int64_t CountCharacters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), StartsCharacter);
}

size_t ByteOfCharacter(std::string_view text, int64_t index) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (StartsCharacter(text[at]) && index-- == 0) return at;
  }
  return text.size();
}

std::string_view CharacterRange(std::string_view text, int64_t begin, int64_t end) {
  begin = std::max<int64_t>(begin, 0);
  if (end <= begin) return {};
  text.remove_prefix(ByteOfCharacter(text, begin));
  return text.substr(0, ByteOfCharacter(text, end - begin));
}

std::string ReverseCharacters(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  size_t end = text.size();
  for (size_t at = text.size(); at-- > 0;) {
    if (!StartsCharacter(text[at]) && at > 0) continue;
    out += text.substr(at, end - at);
    end = at;
  }
  return out;
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace deltaic
