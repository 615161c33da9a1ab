#include "storage/web/folder_page.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/percent_encoding.h"

namespace deltaic {
namespace {

/// "&amp;" and the few that names of files need.
std::string WithoutEntities(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    bool replaced = false;
    for (const auto& [entity, c] : {std::pair<std::string_view, char>{"&amp;", '&'},
                                    {"&#39;", '\''},
                                    {"&#x27;", '\''},
                                    {"&quot;", '"'},
                                    {"&lt;", '<'},
                                    {"&gt;", '>'}}) {
      if (!text.starts_with(entity)) continue;
      out += c;
      text.remove_prefix(entity.size());
      replaced = true;
      break;
    }
    if (replaced) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

/// The file that a link names; "" if it leads elsewhere.
std::string NameOfLink(std::string_view link) {
  if (link.starts_with("./")) link.remove_prefix(2);
  if (link.find_first_of("?#:/\\") != std::string_view::npos) return "";
  const std::string name = PercentDecode(WithoutEntities(link));
  const bool is_odd = std::ranges::any_of(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '/'; });
  return is_odd || name == "." || name == ".." ? "" : name;
}

}  // namespace

std::vector<std::string> NamesOfFolderPage(std::string_view html) {
  std::vector<std::string> names;
  const std::string lower = AsciiLower(html);
  for (size_t at = lower.find("href="); at != std::string::npos; at = lower.find("href=", at)) {
    at += 5;
    if (at >= html.size()) break;
    const char quote = html[at];
    if (quote != '"' && quote != '\'') continue;
    const size_t end = html.find(quote, at + 1);
    if (end == std::string_view::npos) break;
    std::string name = NameOfLink(html.substr(at + 1, end - at - 1));
    if (!name.empty()) names.push_back(std::move(name));
    at = end;
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace deltaic
