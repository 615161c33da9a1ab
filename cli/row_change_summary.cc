#include "row_change_summary.h"

#include <simdjson.h>

#include "context.h"
#include "text_table.h"

namespace deltaic::cli {

std::string ChangeSummary(const std::string& metrics, const std::string& uri,
                          const std::vector<std::pair<std::string, std::string>>& rows) {
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(metrics);
  if (json["version"].is_null()) return "no row of " + uri + " matches; nothing changed";
  std::string out = "version " + std::to_string(int64_t(json["version"])) + " of " + uri + ": ";
  const char* separator = "";
  for (const auto& [key, what] : rows) {
    const simdjson::dom::element count = json[key];
    // Whole files may go that nobody counted.
    out += separator + (count.is_null() ? "rows" : GroupedNumber(int64_t(count)) + " rows") + " " +
           what;
    separator = ", ";
  }
  return out;
}

void SetAssignments(const std::string& flag, const std::vector<std::string>& assignments,
                    Options& options) {
  for (const std::string& assignment : assignments) {
    const auto [column, value] = SplitSetting(flag, assignment);
    options.Set("set." + column, value);
  }
}

}  // namespace deltaic::cli
