#include "doctor_pictures.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <vector>

#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

using Json = simdjson::dom::element;

constexpr double kWidth = 720;

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

/// Elements of one picture.
class Svg {
 public:
  Svg(double width, double height, std::string_view what) {
    out_ = "<svg viewBox=\"0 0 " + Number(width) + " " + Number(height) +
           "\" role=\"img\" aria-label=\"" + HtmlText(what) + "\">";
  }
  /// \param tip  shown where the pointer rests; "" for none.
  void Box(double x, double y, double width, double height, std::string_view style,
           const std::string& tip = "") {
    out_ += "<rect class=\"" + std::string(style) + "\" x=\"" + Number(x) + "\" y=\"" + Number(y) +
            "\" width=\"" + Number(std::max(width, 0.6)) + "\" height=\"" +
            Number(std::max(height, 0.6)) + "\"";
    End("rect", tip);
  }
  void Dot(double x, double y, std::string_view style, const std::string& tip) {
    out_ += "<circle class=\"" + std::string(style) + "\" cx=\"" + Number(x) + "\" cy=\"" +
            Number(y) + "\" r=\"4.5\"";
    End("circle", tip);
  }
  void Line(double x1, double y1, double x2, double y2, std::string_view style) {
    out_ += "<line class=\"" + std::string(style) + "\" x1=\"" + Number(x1) + "\" y1=\"" +
            Number(y1) + "\" x2=\"" + Number(x2) + "\" y2=\"" + Number(y2) + "\"/>";
  }
  /// \param anchor  start, middle or end.
  void Text(double x, double y, std::string_view text, std::string_view anchor = "start",
            std::string_view style = "label") {
    out_ += "<text class=\"" + std::string(style) + "\" x=\"" + Number(x) + "\" y=\"" + Number(y) +
            "\" text-anchor=\"" + std::string(anchor) + "\">" + HtmlText(text) + "</text>";
  }
  std::string Take() && { return std::move(out_) + "</svg>"; }

 private:
  void End(std::string_view element, const std::string& tip) {
    if (tip.empty()) {
      out_ += "/>";
      return;
    }
    out_ += "><title>" + HtmlText(tip) + "</title></" + std::string(element) + ">";
  }
  std::string out_;
};

/// Which of the page's colours an operation has.
std::string_view StyleOf(std::string_view operation) {
  const auto has = [&](std::string_view part) {
    return operation.find(part) != std::string_view::npos;
  };
  if (has("DELETE") || has("TRUNCATE")) return "take";
  if (has("MERGE") || has("UPDATE") || has("REPLACE")) return "change";
  if (has("OPTIMIZE") || has("VACUUM") || has("RESTORE") || has("REORG") || has("FSCK"))
    return "care";
  if (has("WRITE") || has("STREAMING") || has("APPEND") || has("INSERT")) return "add";
  return "other";
}

struct SizeClass {
  int64_t from, below, files, bytes;
};

/// Empty classes behind the last, so that one sees how far files are from the target.
void AddClassesUpTo(int64_t target, std::vector<SizeClass>& classes) {
  constexpr size_t kMostBars = 40;
  while (classes.back().below <= target && classes.size() < kMostBars) {
    const int64_t from = classes.back().below;
    int64_t leading = from;
    while (leading >= 10) leading /= 10;
    classes.push_back({from, leading == 2 ? from / 2 * 5 : from * 2, 0, 0});
  }
}

struct Commit {
  int64_t version, timestamp;
  std::string operation;
};

std::vector<Commit> CommitsOf(Json log) {
  std::vector<Commit> out;
  for (const Json commit : log["commits"].get_array()) {
    auto operation = std::string(std::string_view(commit["operation"]));
    if (operation.empty()) operation = "unnamed";
    out.push_back({int64_t(commit["version"]), int64_t(commit["timestamp"]), std::move(operation)});
  }
  return out;
}

}  // namespace

std::string HtmlText(std::string_view text) {
  std::string out;
  for (const char c : Printable(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

std::string RoundBytes(int64_t bytes) {
  std::string text = HumanBytes(bytes);
  if (const size_t at = text.find(".0 "); at != std::string::npos) text.erase(at, 2);
  return text;
}

std::string PercentText(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share > 0 && share < 0.0995 ? "%.1f %%" : "%.0f %%",
                share * 100);
  return text;
}

std::string TimelinePicture(Json log) {
  const std::vector<Commit> commits = CommitsOf(log);
  if (commits.empty()) return "";
  constexpr size_t kMostRows = 8;
  std::vector<std::pair<std::string, int>> rows;
  for (const Commit& commit : commits) {
    const auto same = [&](const auto& row) { return row.first == commit.operation; };
    const auto found = std::ranges::find_if(rows, same);
    if (found == rows.end()) {
      rows.emplace_back(commit.operation, 1);
    } else {
      ++found->second;
    }
  }
  std::ranges::stable_sort(rows, std::ranges::greater(), &std::pair<std::string, int>::second);
  const bool has_more = rows.size() > kMostRows;
  if (has_more) rows.resize(kMostRows - 1);
  const auto row_of = [&](const std::string& operation) {
    const auto same = [&](const auto& row) { return row.first == operation; };
    return static_cast<double>(std::ranges::find_if(rows, same) - rows.begin());
  };
  const double num_rows = static_cast<double>(rows.size()) + (has_more ? 1 : 0);
  constexpr double kLeft = 168, kRow = 24, kTop = 22;
  Svg svg(kWidth, kTop + num_rows * kRow + 26, "Commits by time and operation");
  const double right = kWidth - 12;
  for (size_t i = 0; i < static_cast<size_t>(num_rows); ++i) {
    const double y = kTop + (static_cast<double>(i) + 0.5) * kRow;
    const bool is_named = i < rows.size();
    const std::string name = is_named ? Shorten(rows[i].first, 20) : "others";
    const std::string count = is_named ? " × " + GroupedNumber(rows[i].second) : "";
    svg.Text(kLeft - 14, y + 4, name + count, "end");
    svg.Line(kLeft, y, right, y, "rule");
  }
  const int64_t first = commits.front().timestamp, last = commits.back().timestamp;
  const double span = std::max<double>(1, static_cast<double>(last - first));
  for (const Commit& commit : commits) {
    const double at = first == last ? 0.5 : static_cast<double>(commit.timestamp - first) / span;
    const double x = kLeft + 6 + std::clamp(at, 0.0, 1.0) * (right - kLeft - 12);
    svg.Dot(x, kTop + (row_of(commit.operation) + 0.5) * kRow, StyleOf(commit.operation),
            "version " + std::to_string(commit.version) + ", " + commit.operation + ", " +
                HumanTime(commit.timestamp));
    const auto checkpoint = log["checkpointVersion"];
    if (!checkpoint.is_null() && int64_t(checkpoint) == commit.version) {
      svg.Line(x, kTop - 6, x, kTop + num_rows * kRow, "mark");
      const char* anchor = at > 0.85 ? "end" : at < 0.15 ? "start" : "middle";
      svg.Text(x, kTop - 11, "checkpoint", anchor, "marked");
    }
  }
  svg.Text(kLeft, kTop + num_rows * kRow + 18, HumanTime(first), "start", "faint");
  if (first != last) svg.Text(right, kTop + num_rows * kRow + 18, HumanTime(last), "end", "faint");
  return std::move(svg).Take();
}

std::string SizesPicture(Json diagnosis) {
  std::vector<SizeClass> classes;
  int64_t most = 1;
  for (const Json size : diagnosis["sizes"].get_array()) {
    classes.push_back({int64_t(size["fromBytes"]), int64_t(size["belowBytes"]),
                       int64_t(size["numFiles"]), int64_t(size["numBytes"])});
    most = std::max(most, classes.back().files);
  }
  if (classes.empty()) return "";
  const int64_t target = diagnosis["targetFileBytes"];
  AddClassesUpTo(target, classes);
  constexpr double kHeight = 150, kTop = 20;
  Svg svg(kWidth, kTop + kHeight + 24, "Number of files by size");
  const double step = kWidth / static_cast<double>(classes.size());
  for (size_t i = 0; i < classes.size(); ++i) {
    const SizeClass& it = classes[i];
    const double x = static_cast<double>(i) * step;
    const double height = kHeight * static_cast<double>(it.files) / static_cast<double>(most);
    if (it.files > 0) {
      const bool is_small = it.below <= target / 4;
      svg.Box(x + step * 0.08, kTop + kHeight - height, step * 0.84, height,
              is_small ? "bar warm" : "bar",
              GroupedNumber(it.files) + " files of " + RoundBytes(it.from) + " to " +
                  RoundBytes(it.below) + ", " + HumanBytes(it.bytes));
      svg.Text(x + step / 2, kTop + kHeight - height - 5, GroupedNumber(it.files), "middle",
               "faint");
    }
    if (it.from <= target && target < it.below) {
      const double share =
          static_cast<double>(target - it.from) / std::max<double>(1, static_cast<double>(it.from));
      const double at = x + step * share;
      svg.Line(at, kTop - 6, at, kTop + kHeight, "mark");
      svg.Text(at - 5, kTop + 4, "target " + HumanBytes(target), "end", "marked");
    }
    const bool is_labelled = classes.size() <= 14 || i % 2 == 0;
    if (is_labelled)
      svg.Text(x, kTop + kHeight + 18, RoundBytes(it.from), i == 0 ? "start" : "middle", "faint");
  }
  svg.Line(0, kTop + kHeight, kWidth, kTop + kHeight, "axis");
  return std::move(svg).Take();
}

std::string PartitionsPicture(Json diagnosis) {
  const simdjson::dom::array partitions = diagnosis["partitions"].get_array();
  if (simdjson::dom::array(diagnosis["partitionColumns"].get_array()).size() == 0 ||
      partitions.size() == 0)
    return "";
  constexpr double kHeight = 130, kTop = 18;
  Svg svg(kWidth, kTop + kHeight + 22, "Bytes of partitions, the largest first");
  const double most =
      std::max<double>(1, static_cast<double>(int64_t(partitions.at(0)["numBytes"])));
  const double step = std::min(64.0, kWidth / static_cast<double>(partitions.size()));
  size_t i = 0;
  for (const Json partition : partitions) {
    const int64_t bytes = partition["numBytes"];
    const double height = kHeight * static_cast<double>(bytes) / most;
    const auto name = std::string(std::string_view(partition["name"]));
    svg.Box(static_cast<double>(i) * step + step * 0.08, kTop + kHeight - height, step * 0.84,
            height, "bar",
            name + ": " + HumanBytes(bytes) + " in " +
                GroupedNumber(int64_t(partition["numFiles"])) + " files");
    ++i;
  }
  const double median =
      kHeight * static_cast<double>(int64_t(diagnosis["medianPartitionBytes"])) / most;
  svg.Line(0, kTop + kHeight - median, kWidth, kTop + kHeight - median, "mark");
  svg.Text(kWidth, kTop + kHeight - median - 5,
           "median " + HumanBytes(int64_t(diagnosis["medianPartitionBytes"])), "end", "marked");
  svg.Line(0, kTop + kHeight, kWidth, kTop + kHeight, "axis");
  const auto first = std::string(std::string_view(partitions.at(0)["name"]));
  svg.Text(0, kTop + kHeight + 17,
           Shorten(first, 40) + ", " + HumanBytes(int64_t(partitions.at(0)["numBytes"])), "start",
           "faint");
  return std::move(svg).Take();
}

std::string RangesPicture(Json column) {
  const simdjson::dom::array ranges = column["ranges"].get_array();
  if (ranges.size() == 0) return "";
  constexpr double kSide = 160;
  Svg svg(kSide, kSide, "Ranges of files");
  const double step = kSide / static_cast<double>(ranges.size());
  const double thick = std::clamp(step * 0.7, 0.8, 6.0);
  size_t i = 0;
  for (const Json range : ranges) {
    const double low = range.at(0), high = range.at(1);
    const double y = (static_cast<double>(i) + 0.5) * step - thick / 2;
    svg.Box(low * kSide, y, std::max((high - low) * kSide, 1.5), thick, "range");
    ++i;
  }
  return std::move(svg).Take();
}

std::string SpacePicture(Json diagnosis) {
  const Json space = diagnosis["reclaimable"];
  struct Part {
    std::string name;
    int64_t bytes;
    std::string_view style;
  };
  std::vector<Part> parts = {{"in use", int64_t(diagnosis["numBytes"]), "add"}};
  if (!space.is_null()) {
    parts.push_back({"kept for older versions", int64_t(space["numKeptBytes"]), "change"});
    parts.push_back({"reclaimable", int64_t(space["numBytes"]), "take"});
  }
  parts.push_back({"log", int64_t(diagnosis["log"]["numBytes"]), "other"});
  double total = 0;
  for (const Part& part : parts) total += static_cast<double>(part.bytes);
  if (total <= 0) return "";
  Svg svg(kWidth, 76, "Bytes in use, kept and reclaimable");
  double x = 0, legend = 0;
  for (const Part& part : parts) {
    const double width = kWidth * static_cast<double>(part.bytes) / total;
    if (part.bytes > 0) {
      svg.Box(x, 4, std::max(width - 1.5, 1.0), 30, part.style,
              part.name + ": " + HumanBytes(part.bytes));
    }
    x += width;
    svg.Box(legend, 53, 11, 11, part.style);
    const std::string text = part.name + " " + HumanBytes(part.bytes);
    svg.Text(legend + 17, 63, text);
    legend += 34 + 7.0 * DisplayWidth(text);
  }
  return std::move(svg).Take();
}

}  // namespace deltaic::cli
