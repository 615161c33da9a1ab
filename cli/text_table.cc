#include "text_table.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <numeric>

#include "terminal.h"

namespace deltaic::cli {
namespace {

constexpr int kGap = 2;
constexpr int kReadableWidth = 8;

std::string Padded(std::string text, int width, TextTable::Align align, bool last) {
  const int missing = width - DisplayWidth(text);
  if (missing <= 0) return text;
  if (align == TextTable::Align::kRight) return std::string(missing, ' ') + text;
  return last ? text : text + std::string(missing, ' ');
}

/// Cuts the widest columns until the sum is at most `available`; none below kReadableWidth.
void Shrink(std::vector<int>& widths, int available) {
  while (std::accumulate(widths.begin(), widths.end(), 0) > available) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kReadableWidth) return;
    --*widest;
  }
}

}  // namespace

std::vector<int> TextTable::NaturalWidths() const {
  std::vector<int> widths;
  for (const Column& column : columns_) widths.push_back(DisplayWidth(Printable(column.name)));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], row[i] ? DisplayWidth(Printable(*row[i])) : 4);
    }
  }
  return widths;
}

std::string TextTable::Render(int terminal_width) const {
  std::vector<int> widths = NaturalWidths();
  size_t shown = widths.size();
  if (terminal_width > 0) {
    const auto fits = [&](size_t columns) {
      int sum = kGap * (static_cast<int>(columns) - 1);
      for (size_t i = 0; i < columns; ++i) sum += std::min(widths[i], kReadableWidth);
      return sum <= terminal_width;
    };
    while (shown > 1 && !fits(shown)) --shown;
    widths.resize(shown);
    Shrink(widths, terminal_width - kGap * (static_cast<int>(shown) - 1));
  }
  std::string out, rule;
  for (size_t i = 0; i < shown; ++i) {
    const bool last = i + 1 == shown;
    out += Bold(Padded(Shorten(Printable(columns_[i].name), widths[i]), widths[i],
                       columns_[i].align, last));
    for (int n = 0; n < widths[i]; ++n) rule += "─";
    if (!last) {
      out += std::string(kGap, ' ');
      rule += std::string(kGap, ' ');
    }
  }
  out += "\n" + Dim(rule) + "\n";
  for (const auto& row : rows_) {
    for (size_t i = 0; i < shown; ++i) {
      const bool last = i + 1 == shown;
      const std::string text = row[i] ? Shorten(Printable(*row[i]), widths[i]) : "null";
      const std::string cell = Padded(text, widths[i], columns_[i].align, last);
      out += row[i] ? cell : Dim(cell);
      if (!last) out += std::string(kGap, ' ');
    }
    out += "\n";
  }
  if (shown < columns_.size()) {
    out += Dim("… and " + std::to_string(columns_.size() - shown) +
               " more columns; choose some with --columns") +
           "\n";
  }
  return out;
}

std::string GroupedNumber(int64_t value) {
  const std::string digits = std::to_string(value);
  const size_t first = digits[0] == '-' ? 1 : 0;
  std::string out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) out.push_back(',');
    out.push_back(digits[i]);
  }
  return out;
}

std::string HumanBytes(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 || value >= 99.95 ? "%.0f %s" : "%.1f %s", value,
                kUnits[unit]);
  return text;
}

std::string HumanTime(int64_t timestamp_ms) {
  const std::time_t seconds =
      timestamp_ms >= 0 ? timestamp_ms / 1000 : -((-timestamp_ms + 999) / 1000);
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return std::to_string(timestamp_ms) + " ms";
  char text[64];
  std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%SZ", &parts);
  return text;
}

}  // namespace deltaic::cli
