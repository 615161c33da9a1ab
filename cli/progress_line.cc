#include "progress_line.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

constexpr int kBarWidth = 24;

/// "0:07", "12:30", "1:02:03".
std::string Duration(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(std::min(seconds, 359999.0)));
  char text[32];
  if (whole >= 3600) {
    std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(whole / 3600),
                  static_cast<int>(whole / 60 % 60), static_cast<int>(whole % 60));
  } else {
    std::snprintf(text, sizeof text, "%d:%02d", static_cast<int>(whole / 60),
                  static_cast<int>(whole % 60));
  }
  return text;
}

std::string Bar(double share) {
  const int filled = static_cast<int>(share * kBarWidth);
  std::string out;
  for (int i = 0; i < kBarWidth; ++i) out += i < filled ? "█" : "░";
  return out;
}

}  // namespace

std::string ProgressLine(const ProgressState& state, int width) {
  const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
  std::vector<std::string> parts;
  if (state.total > 0) {
    // More than was foreseen is no more than all.
    const int64_t done = std::clamp<int64_t>(state.done, 0, state.total);
    const double share = static_cast<double>(done) / static_cast<double>(state.total);
    parts.push_back(Bar(share));
    parts.push_back(std::to_string(static_cast<int>(share * 100)) + " %");
    parts.push_back(GroupedNumber(state.done) + " of " + GroupedNumber(state.total) + " " +
                    state.unit + " " + state.verb);
    parts.push_back(GroupedNumber(static_cast<int64_t>(rate)) + "/s");
    if (rate > 0) {
      parts.push_back(Duration(static_cast<double>(state.total - done) / rate) + " left");
    }
  } else {
    parts.push_back(GroupedNumber(state.done) + " " + state.unit + " " + state.verb);
    parts.push_back(GroupedNumber(static_cast<int64_t>(rate)) + "/s");
    parts.push_back(Duration(std::floor(state.seconds)));
  }
  std::string line;
  for (const std::string& part : parts) {
    const std::string longer = line.empty() ? part : line + "  " + part;
    if (DisplayWidth(longer) > width) break;
    line = longer;
  }
  return line;
}

}  // namespace deltaic::cli
