#include "common/decimal_text.h"

#include <cstdint>
#include <string>

namespace deltaic_rows {
namespace {

constexpr int kMaxDigits = 38;
constexpr int kMaxExponent = 100'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// "e-12" at `at`; moves behind it. False for an exponent that is none, or absurd.
bool ReadExponent(std::string_view text, size_t* at, int* exponent) {
  ++*at;
  bool negative = false;
  if (*at < text.size() && (text[*at] == '-' || text[*at] == '+')) negative = text[(*at)++] == '-';
  if (*at == text.size()) return false;
  int value = 0;
  for (; *at < text.size() && IsDigit(text[*at]); ++*at) {
    value = value * 10 + (text[*at] - '0');
    if (value > kMaxExponent) return false;
  }
  *exponent = negative ? -value : value;
  return true;
}

}  // namespace

std::string_view FormatDecimal(__int128 unscaled, int scale, char* out) {
  char* at = out + kMaxDecimalText;
  const bool negative = unscaled < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(unscaled)
                       : static_cast<unsigned __int128>(unscaled);
  for (int digits = 0; rest != 0 || digits <= scale; ++digits) {
    if (digits == scale && scale > 0) *--at = '.';
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
  }
  if (negative) *--at = '-';
  return {at, static_cast<size_t>(out + kMaxDecimalText - at)};
}

bool ParseDecimal(std::string_view text, int precision, int scale, __int128* out) {
  size_t at = 0;
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) ++at;
  std::string digits;
  int exponent = 0;  // of the last digit
  bool seen_point = false;
  for (; at < text.size() && (IsDigit(text[at]) || text[at] == '.'); ++at) {
    if (text[at] == '.') {
      if (seen_point) return false;
      seen_point = true;
      continue;
    }
    digits.push_back(text[at]);
    if (seen_point) --exponent;
  }
  if (digits.empty()) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    int shift = 0;
    if (!ReadExponent(text, &at, &shift)) return false;
    exponent += shift;
  }
  if (at != text.size()) return false;
  while (!digits.empty() && digits.back() == '0' && exponent < -scale) {
    digits.pop_back();
    ++exponent;
  }
  const size_t first = digits.find_first_not_of('0');
  digits.erase(0, first == std::string::npos ? digits.size() : first);
  *out = 0;
  if (digits.empty()) return true;
  if (exponent < -scale) return false;
  const int zeros = exponent + scale;
  if (static_cast<int64_t>(digits.size()) + zeros >
      (precision < kMaxDigits ? precision : kMaxDigits)) {
    return false;
  }
  __int128 value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  for (int i = 0; i < zeros; ++i) value *= 10;
  *out = negative ? -value : value;
  return true;
}

}  // namespace deltaic_rows
