#include "doctor_page.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "doctor_pictures.h"
#include "terminal.h"
#include "text_table.h"

namespace deltaic::cli {
namespace {

using Json = simdjson::dom::element;

/// Colours are named by what they mean, once for light and once for dark screens.
constexpr const char* kStyle = R"css(
:root{color-scheme:light dark;--paper:#f7f8fa;--card:#fff;--ink:#1b2330;--soft:#5d6b80;--rule:#e3e8ef;--accent:#2f6fde;
--warm:#e08a1e;--add:#2f6fde;--change:#8b5fd6;--take:#d8483f;--care:#1f9d72;--other:#8a97a8;--code:#eef2f8}
@media(prefers-color-scheme:dark){:root{--paper:#11151c;--card:#191f29;--ink:#e6ebf2;--soft:#93a1b5;--rule:#2a3341;
--accent:#6ea1ff;--warm:#f0a84a;--add:#6ea1ff;--change:#b493f0;--take:#f0736a;--care:#4cc79a;--other:#6b788a;--code:#222a37}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:36px 24px 64px}
h1{font-size:26px;margin:0;overflow-wrap:anywhere;letter-spacing:-.01em}
h2{font-size:15px;margin:0 0 2px}
header p,.note{margin:4px 0 0;color:var(--soft);overflow-wrap:anywhere}
.note{font-size:13px;margin:0 0 14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:22px 0}
.tile,.card{background:var(--card);border:1px solid var(--rule);border-radius:12px}
.tile{padding:14px 16px}
.tile b{display:block;font-size:22px;font-weight:650;letter-spacing:-.01em}
.tile span{color:var(--soft);font-size:13px}
.card{padding:18px 20px;margin:0 0 14px}
.finding{display:grid;grid-template-columns:22px 1fr;gap:4px 12px;padding:13px 0;border-top:1px solid var(--rule)}
.finding:first-of-type{border-top:0}
.finding h3{font-size:15px;margin:0;font-weight:600;overflow-wrap:anywhere}
.finding p{margin:1px 0 0;color:var(--soft);font-size:13.5px;overflow-wrap:anywhere}
.finding code{display:inline-block;margin-top:7px;padding:5px 10px;background:var(--code);border-radius:7px;
font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere;user-select:all}
.sign{width:20px;height:20px;border-radius:50%;color:#fff;font-size:12px;font-weight:700;text-align:center;line-height:20px;margin-top:2px}
.sign.warning{background:var(--take)}.sign.note{background:var(--warm)}.sign.good{background:var(--care)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:14px}
.two .card{margin:0}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:20px 18px}
.maps figure{margin:0}.maps figcaption{font-size:13px;margin-top:6px;overflow-wrap:anywhere}
.maps figcaption span{display:block;color:var(--soft);font-size:12.5px}
.maps svg{background:var(--code);border-radius:6px}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font:12px system-ui,sans-serif;fill:var(--ink)}svg .faint{fill:var(--soft);font-size:11px}svg .marked{fill:var(--take);font-size:11px}
.bar{fill:var(--accent)}.warm{fill:var(--warm)}.range{fill:var(--accent);opacity:.75}
.add{fill:var(--add)}.change{fill:var(--change)}.take{fill:var(--take)}.care{fill:var(--care)}.other{fill:var(--other)}
circle{opacity:.75}.rule{stroke:var(--rule)}.axis{stroke:var(--other);stroke-width:1}.mark{stroke:var(--take);stroke-dasharray:4 3}
table{border-collapse:collapse;width:100%;font-size:13.5px}td,th{padding:6px 8px;text-align:left;border-top:1px solid var(--rule)}
th{color:var(--soft);font-weight:500;border-top:0}td:first-child{overflow-wrap:anywhere}
.meter{display:inline-block;width:110px;height:8px;border-radius:4px;background:var(--code);overflow:hidden;vertical-align:middle;margin-right:8px}
.meter i{display:block;height:100%;background:var(--accent)}.meter.warm i{background:var(--warm)}
footer{color:var(--soft);font-size:12.5px;margin-top:26px}
@media(max-width:520px){.two{grid-template-columns:1fr}main{padding:22px 14px}}
@media print{body{background:#fff}.card,.tile{break-inside:avoid}}
)css";

std::string Text(Json value) { return HtmlText(std::string_view(value)); }

std::string Tile(const std::string& number, const std::string& what) {
  return "<div class=\"tile\"><b>" + HtmlText(number) + "</b><span>" + HtmlText(what) +
         "</span></div>";
}

std::string Card(const std::string& title, const std::string& note, const std::string& content) {
  if (content.empty()) return "";
  return "<section class=\"card\"><h2>" + HtmlText(title) + "</h2><p class=\"note\">" +
         HtmlText(note) + "</p>" + content + "</section>\n";
}

std::string Header(Json diagnosis) {
  const std::string uri = Text(diagnosis["uri"]);
  const std::string name = Text(diagnosis["name"]);
  return "<header><h1>" + (name.empty() ? uri : name) + "</h1><p>" +
         (name.empty() ? "" : uri + " · ") + "version " +
         GroupedNumber(int64_t(diagnosis["version"])) + " of " +
         HumanTime(int64_t(diagnosis["timestamp"])) + "</p></header>\n";
}

std::string Tiles(Json diagnosis) {
  const Json rows = diagnosis["numRows"];
  std::string out = "<div class=\"tiles\">";
  out += Tile(rows.is_null() ? "unknown" : GroupedNumber(int64_t(rows)), "rows");
  out += Tile(HumanBytes(int64_t(diagnosis["numBytes"])), "in use");
  out += Tile(GroupedNumber(int64_t(diagnosis["numFiles"])),
              "files, median " + HumanBytes(int64_t(diagnosis["medianFileBytes"])));
  if (simdjson::dom::array(diagnosis["partitionColumns"].get_array()).size() > 0) {
    out += Tile(GroupedNumber(int64_t(diagnosis["numPartitions"])), "partitions");
  }
  out += Tile(GroupedNumber(int64_t(diagnosis["log"]["commitsSinceCheckpoint"])),
              "commits since the checkpoint");
  const Json space = diagnosis["reclaimable"];
  if (!space.is_null()) out += Tile(HumanBytes(int64_t(space["numBytes"])), "reclaimable");
  return out + "</div>\n";
}

std::string Findings(Json diagnosis) {
  std::string out = "<section class=\"card\"><h2>Findings</h2>";
  for (const Json finding : diagnosis["findings"].get_array()) {
    const std::string_view severity = finding["severity"];
    const char* sign = severity == "good" ? "✓" : severity == "note" ? "i" : "!";
    out += "<div class=\"finding\"><div class=\"sign " + HtmlText(severity) + "\">" + sign +
           "</div><div><h3>" + Text(finding["title"]) + "</h3><p>" + Text(finding["detail"]) +
           "</p>";
    const Json command = finding["command"];
    if (!command.is_null()) out += "<code>" + Text(command) + "</code>";
    out += "</div></div>";
  }
  return out + "</section>\n";
}

/// The columns whose ranges are drawn: those that the table is clustered by, then those that help
/// most.
std::string Maps(Json diagnosis) {
  constexpr size_t kMost = 12;
  std::vector<Json> columns;
  for (const Json column : diagnosis["columns"].get_array()) {
    if (!column["shareRead"].is_null()) columns.push_back(column);
  }
  std::ranges::stable_sort(columns, [](const Json& a, const Json& b) {
    const bool clustered_a = a["isClusteredBy"], clustered_b = b["isClusteredBy"];
    if (clustered_a != clustered_b) return clustered_a;
    return double(a["shareRead"]) < double(b["shareRead"]);
  });
  if (columns.empty()) return "";
  std::string out = "<div class=\"maps\">";
  for (size_t i = 0; i < std::min(kMost, columns.size()); ++i) {
    const bool is_clustered = columns[i]["isClusteredBy"];
    out += "<figure>" + RangesPicture(columns[i]) + "<figcaption>" + Text(columns[i]["name"]) +
           "<span>one value reads " + PercentText(columns[i]["shareRead"]) +
           (is_clustered ? ", clustered by" : "") + "</span></figcaption></figure>";
  }
  return out + "</div>";
}

std::string Meter(double share, bool is_warm) {
  return std::string("<span class=\"meter") + (is_warm ? " warm" : "") + "\"><i style=\"width:" +
         std::to_string(static_cast<int>(std::clamp(share, 0.0, 1.0) * 100)) + "%\"></i></span>" +
         PercentText(share);
}

std::string Columns(Json diagnosis) {
  std::string out =
      "<table><tr><th>column</th><th>files with statistics</th><th>files that one value "
      "reads</th></tr>";
  for (const Json column : diagnosis["columns"].get_array()) {
    const double known = column["shareWithStats"];
    const bool has_order = column["hasOrder"];
    const Json read = column["shareRead"];
    out += "<tr><td>" + Text(column["name"]) + "</td><td>" + Meter(known, known < 0.5) +
           "</td><td>" +
           (read.is_null() ? std::string(has_order ? "–" : "has no order")
                           : Meter(read, double(read) > 0.5)) +
           "</td></tr>";
  }
  const int64_t left_out = diagnosis["numColumnsLeftOut"];
  if (left_out > 0) {
    out += "<tr><td colspan=\"3\">and " + GroupedNumber(left_out) + " more columns</td></tr>";
  }
  return out + "</table>";
}

std::string LogNote(Json log) {
  return GroupedNumber(int64_t(log["numFiles"])) + " files of the log, " +
         HumanBytes(int64_t(log["numBytes"])) + "; the newest " +
         GroupedNumber(
             static_cast<int64_t>(simdjson::dom::array(log["commits"].get_array()).size())) +
         " commits are drawn";
}

}  // namespace

std::string DoctorPage(Json diagnosis) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src "
      "'unsafe-inline'\">"
      "<title>" +
      Text(diagnosis["uri"]) + " – health</title><style>" + kStyle +
      "</style></head><body><main>\n";
  out += Header(diagnosis);
  out += Tiles(diagnosis);
  out += Findings(diagnosis);
  out += Card("Versions", LogNote(diagnosis["log"]), TimelinePicture(diagnosis["log"]));
  out += "<div class=\"two\">";
  out += Card("File sizes", "files by size; orange is under a quarter of the target",
              SizesPicture(diagnosis));
  out += Card("Space", "bytes of the table's folder", SpacePicture(diagnosis));
  out += "</div><p></p>";
  out += Card("Partitions", "bytes of each, the largest first", PartitionsPicture(diagnosis));
  out += Card(
      "Where values lie",
      "a line is a file, from its smallest to its largest value; a diagonal lets queries leave "
      "files out, a block makes them read all",
      Maps(diagnosis));
  out += Card("Columns", "statistics, and how well they tell files apart", Columns(diagnosis));
  out += "<footer>deltaic doctor, " + HumanTime(int64_t(diagnosis["examinedAt"])) +
         "</footer>\n</main></body></html>\n";
  return out;
}

}  // namespace deltaic::cli
