#include "catalog/catalog_json.h"

#include <algorithm>

namespace deltaic {

std::string JsonQuoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string OneLine(std::string text) {
  constexpr size_t kLongest = 300;
  if (text.size() > kLongest) text.resize(kLongest);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return text;
}

}  // namespace deltaic
