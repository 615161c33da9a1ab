#include "ingest/observe/live_view.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/status.h"

namespace deltaic::ingest {
namespace {

constexpr double kWeightOfNewRate = 0.5;

std::string Short(double value, std::string_view unit = "") {
  constexpr std::string_view kSteps[] = {"", "k", "M", "G", "T"};
  size_t step = 0;
  while (value >= 999.5 && step + 1 < std::size(kSteps)) {
    value /= 1000;
    ++step;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), step > 0 && value < 99.95 ? "%.1f" : "%.0f", value);
  return Concat(text.data(), step > 0 || !unit.empty() ? " " : "", kSteps[step], unit);
}

std::string Age(int64_t ms) {
  const int64_t seconds = std::max<int64_t>(ms, 0) / 1000;
  if (seconds < 120) return Concat(seconds, " s");
  if (seconds < 7200) return Concat(seconds / 60, " min");
  return Concat(seconds / 3600, " h");
}

/// Bytes of UTF-8 that begin a character.
bool Begins(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

/// Text of users, without what would move the cursor, filled or cut to `width` characters.
std::string Cell(std::string_view text, size_t width, bool is_right) {
  std::string out;
  size_t count = 0;
  for (const char c : text) {
    if (Begins(c) && count++ == width) break;
    out += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  }
  count = std::min(count, width);
  const std::string fill(width - count, ' ');
  return is_right ? fill + out : out + fill;
}

struct ViewColumn {
  std::string_view title;
  size_t width;
  bool is_right = true;
};

constexpr ViewColumn kColumns[] = {
    {"topic", 24, false}, {"state", 8, false}, {"msg/s", 8},   {"MB/s", 7},    {"lag", 8},
    {"buffered", 9},      {"oldest", 7},       {"commits", 8}, {"version", 8}, {"bad", 6}};

}  // namespace

std::vector<std::string> LiveView::Lines(const IngestStatus& status, int64_t now_ms, size_t columns,
                                         size_t rows) {
  std::vector<std::string> lines;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (size_t i = 0; i < std::size(kColumns); ++i) {
      out += Cell(cells[i], kColumns[i].width, kColumns[i].is_right);
      out += ' ';
    }
    lines.push_back(Cell(out, columns, false));
  };
  std::vector<std::string> titles;
  for (const ViewColumn& column : kColumns) titles.emplace_back(column.title);
  line(titles);
  double all_messages = 0, all_bytes = 0;
  int64_t all_lag = 0, all_held = 0;
  for (const RouteStatus& route : status.routes) {
    const Metrics& m = *route.metrics;
    Seen& seen = seen_[&m];
    const int64_t messages = m.messages, bytes = m.bytes;
    if (seen.at_ms != 0 && now_ms > seen.at_ms) {
      const double seconds = static_cast<double>(now_ms - seen.at_ms) / 1000;
      const auto mix = [&](double& rate, int64_t more) {
        rate += kWeightOfNewRate * (static_cast<double>(more) / seconds - rate);
      };
      mix(seen.messages_per_second, messages - seen.messages);
      mix(seen.bytes_per_second, bytes - seen.bytes);
    }
    seen.messages = messages;
    seen.bytes = bytes;
    seen.at_ms = now_ms;
    const int64_t lag = m.Lag(), oldest = m.oldest_ms;
    all_messages += seen.messages_per_second;
    all_bytes += seen.bytes_per_second;
    all_lag += lag;
    all_held += m.buffered_bytes;
    // Two lines are for the head and the sum.
    if (lines.size() + 2 > rows) continue;
    line({route.topic, std::string(NameOf(m.state)), Short(seen.messages_per_second),
          Short(seen.bytes_per_second / 1e6), Short(static_cast<double>(lag)),
          Short(static_cast<double>(m.buffered_bytes.load()), "B"),
          oldest == 0 ? "" : Age(now_ms - oldest), Short(static_cast<double>(m.commits.load())),
          m.last_version < 0 ? "" : std::to_string(m.last_version.load()),
          Short(static_cast<double>(m.dead_letters.load()))});
  }
  const std::string sum =
      Concat(status.routes.size(), status.routes.size() == 1 ? " route, " : " routes, ",
             Short(all_messages), " messages/s, ", Short(all_bytes, "B"), "/s, lag ",
             Short(static_cast<double>(all_lag)), ", ", Short(static_cast<double>(all_held), "B"),
             " of ", Short(static_cast<double>(status.memory_limit_bytes), "B"), " held, up ",
             Age(now_ms - status.started_ms));
  lines.push_back(Cell(sum, columns, false));
  return lines;
}

std::string LiveView::Clear() {
  if (drawn_ == 0) return "";
  // Up to the first of its lines, and all below it away.
  return Concat("\x1b[", std::exchange(drawn_, 0), "A\r\x1b[J");
}

std::string LiveView::Draw(const std::vector<std::string>& lines) {
  std::string out = Clear();
  for (size_t i = 0; i < lines.size(); ++i) {
    const bool is_edge = i == 0 || i + 1 == lines.size();
    out += is_edge ? Concat("\x1b[1m", lines[i], "\x1b[0m\n") : lines[i] + "\n";
  }
  drawn_ = lines.size();
  return out;
}

}  // namespace deltaic::ingest
