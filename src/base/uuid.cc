#include "base/uuid.h"

namespace deltaic {
namespace {

constexpr size_t kTextLength = 36;

constexpr bool IsDashPosition(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string FormatRandomUuid(UuidBytes random) {
  // RFC 9562: version 4 in the high half of byte 6, variant 0b10 in the top bits of byte 8.
  random[6] = (random[6] & std::byte{0x0f}) | std::byte{0x40};
  random[8] = (random[8] & std::byte{0x3f}) | std::byte{0x80};
  return FormatUuid(random);
}

std::string FormatUuid(const UuidBytes& bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(kTextLength);
  for (std::byte b : bytes) {
    if (IsDashPosition(text.size())) text.push_back('-');
    text.push_back(kHex[std::to_integer<unsigned>(b) >> 4]);
    text.push_back(kHex[std::to_integer<unsigned>(b) & 0xf]);
  }
  return text;
}

Result<UuidBytes> ParseUuid(std::string_view text) {
  const auto refuse = [&] {
    return Status::InvalidArgument("'", text, "' is not a UUID of 36 characters");
  };
  if (text.size() != kTextLength) return refuse();
  UuidBytes bytes{};
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsDashPosition(i)) {
      if (text[i] != '-') return refuse();
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return refuse();
    std::byte& target = bytes[digits / 2];
    target = (target << 4) | static_cast<std::byte>(digit);
    ++digits;
  }
  return bytes;
}

}  // namespace deltaic
