#include "base/z85.h"

#include <array>
#include <cstdint>

namespace deltaic {
namespace {

constexpr std::string_view kAlphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
static_assert(kAlphabet.size() == 85);

constexpr size_t kGroupChars = 5;
constexpr size_t kGroupBytes = 4;

constexpr std::array<int8_t, 256> MakeDigitTable() {
  std::array<int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return table;
}

constexpr std::array<int8_t, 256> kDigits = MakeDigitTable();

/// The number that base-85 digits write; nullopt-like -1 for a character outside the alphabet. At
/// most 85^5 - 1 < 2^33.
int64_t ParseDigits(std::string_view digits) {
  int64_t value = 0;
  for (char c : digits) {
    const int digit = kDigits[static_cast<unsigned char>(c)];
    if (digit < 0) return -1;
    value = value * 85 + digit;
  }
  return value;
}

void AppendBigEndian(std::vector<std::byte>& out, uint32_t value, size_t num_bytes) {
  for (size_t i = num_bytes; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i)));
}

/// Leading `#` of a short last group. Such a group is above 2^32 - 1 as a number, so it means
/// nothing in plain Z85.
size_t CountShortMarks(std::string_view group) {
  size_t marks = 0;
  while (marks < group.size() && group[marks] == '#') ++marks;
  return marks;
}

}  // namespace

std::string Z85Encode(std::span<const std::byte> bytes) {
  DELTAIC_DCHECK(bytes.size() % kGroupBytes == 0);
  std::string out;
  out.reserve(bytes.size() / kGroupBytes * kGroupChars);
  for (size_t i = 0; i + kGroupBytes <= bytes.size(); i += kGroupBytes) {
    uint32_t value = 0;
    for (size_t j = 0; j < kGroupBytes; ++j)
      value = value << 8 | std::to_integer<uint32_t>(bytes[i + j]);
    char digits[kGroupChars];
    for (size_t j = kGroupChars; j-- > 0;) {
      digits[j] = kAlphabet[value % 85];
      value /= 85;
    }
    out.append(digits, kGroupChars);
  }
  return out;
}

Result<std::vector<std::byte>> Z85Decode(std::string_view text) {
  if (text.size() % kGroupChars != 0) {
    return Status::Corruption("Z85 text of ", text.size(), " characters: not a multiple of 5");
  }
  std::vector<std::byte> out;
  out.reserve(text.size() / kGroupChars * kGroupBytes);
  for (size_t i = 0; i < text.size(); i += kGroupChars) {
    const std::string_view group = text.substr(i, kGroupChars);
    const bool last = i + kGroupChars == text.size();
    const size_t marks = last ? CountShortMarks(group) : 0;
    if (marks >= kGroupBytes) return Status::Corruption("Z85 group at ", i, " holds no byte");
    const int64_t value = ParseDigits(group.substr(marks));
    if (value < 0)
      return Status::Corruption("Z85 group at ", i, " has a character outside the alphabet");
    const size_t num_bytes = kGroupBytes - marks;
    if (value >> (8 * num_bytes) != 0) {
      return Status::Corruption("Z85 group at ", i, " exceeds ", num_bytes, " bytes");
    }
    AppendBigEndian(out, static_cast<uint32_t>(value), num_bytes);
  }
  return out;
}

}  // namespace deltaic
