#include "expr/spark_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace deltaic {
namespace {

/// The value of `count` digits of base `base` at `pos`; nullopt where there are not as many.
std::optional<uint32_t> DigitsAt(std::string_view sql, size_t pos, size_t count, uint32_t base) {
  if (pos + count > sql.size()) return std::nullopt;
  uint32_t value = 0;
  for (const char c : sql.substr(pos, count)) {
    uint32_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<uint32_t>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<uint32_t>(c - 'A') + 10;
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

void AppendUtf8(std::string& out, uint32_t code) {
  const auto byte = [&out](uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

/// Appends what the escape at `pos`, a backslash, stands for. \return the position after it.
size_t AppendEscaped(std::string_view sql, size_t pos, std::string& text) {
  if (pos + 1 >= sql.size()) {
    text.push_back('\\');
    return pos + 1;
  }
  const char c = sql[pos + 1];
  constexpr uint32_t kHighestCode = 0x10FFFF;
  if (const auto code = DigitsAt(sql, pos + 2, 4, 16); c == 'u' && code) {
    AppendUtf8(text, *code);
    return pos + 6;
  }
  if (const auto code = DigitsAt(sql, pos + 2, 8, 16); c == 'U' && code && *code <= kHighestCode) {
    AppendUtf8(text, *code);
    return pos + 10;
  }
  if (const auto code = DigitsAt(sql, pos + 1, 3, 8); code && *code < 0x80) {
    AppendUtf8(text, *code);
    return pos + 4;
  }
  switch (c) {
    case '0':
      text.push_back('\0');
      break;
    case 'b':
      text.push_back('\b');
      break;
    case 'n':
      text.push_back('\n');
      break;
    case 'r':
      text.push_back('\r');
      break;
    case 't':
      text.push_back('\t');
      break;
    case 'Z':
      text.push_back('\x1A');
      break;
    case '%':
    case '_':
      // LIKE reads these itself.
      text.push_back('\\');
      text.push_back(c);
      break;
    default:
      text.push_back(c);
  }
  return pos + 2;
}

/// Appends the text that begins at `pos`, a quote. \return the position after it.
size_t AppendText(std::string_view sql, size_t pos, std::string& out) {
  const char quote = sql[pos];
  std::string text;
  size_t next = pos + 1;
  while (next < sql.size() && sql[next] != quote) {
    if (sql[next] == '\\') {
      next = AppendEscaped(sql, next, text);
    } else {
      text.push_back(sql[next++]);
    }
  }
  if (next >= sql.size()) {
    out += sql.substr(pos);
    return sql.size();
  }
  out.push_back('\'');
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  out.push_back('\'');
  return next + 1;
}

}  // namespace

std::string FromSparkText(std::string_view sql) {
  std::string out;
  size_t pos = 0;
  while (pos < sql.size()) {
    const char c = sql[pos];
    if (c == '\'' || c == '"') {
      pos = AppendText(sql, pos, out);
      continue;
    }
    if (c == '`') {
      const size_t end = std::min(sql.find('`', pos + 1), sql.size() - 1);
      out += sql.substr(pos, end + 1 - pos);
      pos = end + 1;
      continue;
    }
    out.push_back(c);
    ++pos;
  }
  return out;
}

}  // namespace deltaic
