#include "terminal.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cwchar>

namespace deltaic::cli {
namespace {

bool ColoursWanted(bool is_terminal) { return is_terminal && std::getenv("NO_COLOR") == nullptr; }

std::string Wrapped(bool wanted, const char* code, std::string_view text) {
  if (!wanted) return std::string(text);
  return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
}

/// Decodes the code point at `at` and moves past it; a byte that is not UTF-8 stands for itself.
uint32_t NextCodePoint(std::string_view text, size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  int size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (at + size > text.size()) size = 1;
  uint32_t point = size == 1 ? lead : lead & (0xFF >> (size + 1));
  for (int i = 1; i < size; ++i)
    point = point << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  at += size;
  return point;
}

/// East Asian wide and fullwidth blocks, emoji; and the combining marks that take no column.
int WidthOf(uint32_t point) {
  if ((point >= 0x300 && point <= 0x36F) || (point >= 0x200B && point <= 0x200F) ||
      (point >= 0xFE00 && point <= 0xFE0F)) {
    return 0;
  }
  const bool wide = (point >= 0x1100 && point <= 0x115F) || (point >= 0x2E80 && point <= 0xA4CF) ||
                    (point >= 0xAC00 && point <= 0xD7A3) || (point >= 0xF900 && point <= 0xFAFF) ||
                    (point >= 0xFE30 && point <= 0xFE6F) || (point >= 0xFF00 && point <= 0xFF60) ||
                    (point >= 0xFFE0 && point <= 0xFFE6) ||
                    (point >= 0x1F300 && point <= 0x1FAFF) ||
                    (point >= 0x20000 && point <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

bool StdoutIsTerminal() { return isatty(STDOUT_FILENO) != 0; }
bool StderrIsTerminal() { return isatty(STDERR_FILENO) != 0; }
bool StdoutIsFile() {
  struct stat status{};
  return fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

int TerminalWidth() {
  winsize size{};
  if (!StdoutIsTerminal() || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col == 0 ? 80 : size.ws_col;
}

int StderrWidth() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string Bold(std::string_view text) {
  return Wrapped(ColoursWanted(StdoutIsTerminal()), "1", text);
}
std::string Dim(std::string_view text) {
  return Wrapped(ColoursWanted(StdoutIsTerminal()), "2", text);
}
std::string Coloured(std::string_view text, Colour colour) {
  static constexpr const char* kCodes[] = {"31", "32", "33", "34"};
  return Wrapped(ColoursWanted(StdoutIsTerminal()), kCodes[static_cast<size_t>(colour)], text);
}
std::string ErrorRed(std::string_view text) {
  return Wrapped(ColoursWanted(StderrIsTerminal()), "31", text);
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  for (size_t at = 0; at < text.size();) width += WidthOf(NextCodePoint(text, at));
  return width;
}

std::string Shorten(std::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  int used = 0;
  size_t end = 0;
  for (size_t at = 0; at < text.size();) {
    const int next = WidthOf(NextCodePoint(text, at));
    if (used + next > width - 1) break;
    used += next;
    end = at;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string Printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7F) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      out += escaped;
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace deltaic::cli
