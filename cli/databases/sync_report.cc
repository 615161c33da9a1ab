#include "databases/sync_report.h"

#include "json_text.h"
#include "text_table.h"

namespace deltaic::cli {

SyncReport ReportOf(const simdjson::dom::element& plan) {
  SyncReport report;
  report.action = std::string(std::string_view(plan["action"].get_string().value()));
  if (!plan["from"].is_null()) report.from = int64_t(plan["from"]);
  report.to = int64_t(plan["to"]);
  if (!plan["source"].is_null())
    report.source = std::string(std::string_view(plan["source"].get_string().value()));
  for (const auto reason : plan["reasons"].get_array()) {
    if (!report.reasons.empty()) report.reasons += "; ";
    report.reasons += std::string_view(reason.get_string().value());
  }
  return report;
}

std::string FormatReport(const SyncReport& report, const std::string& name, bool dry_run) {
  const std::string to = "version " + std::to_string(report.to);
  if (report.action == "nothing") return name + " is at " + to + " already";
  std::string text = name + (dry_run ? " would come to " : " is at ") + to;
  if (report.from >= 0) text += ", from " + std::to_string(report.from);
  text += report.action == "snapshot" ? ", by all rows (" + report.reasons + ")"
                                      : ", by net changes from " + report.source;
  return text + ": " + GroupedNumber(report.sent) + " sent, " + GroupedNumber(report.upserted) +
         " inserted or updated, " + GroupedNumber(report.deleted) + " deleted" +
         (report.rejected == 0 ? "" : ", " + GroupedNumber(report.rejected) + " rejected");
}

std::string ReportJson(const SyncReport& report, bool dry_run) {
  const auto number = [](int64_t value) { return std::to_string(value); };
  return "{\"action\":" + JsonText(report.action) +
         ",\"from\":" + (report.from < 0 ? "null" : number(report.from)) +
         ",\"to\":" + number(report.to) +
         ",\"source\":" + (report.source.empty() ? "null" : JsonText(report.source)) +
         ",\"reasons\":" + JsonText(report.reasons) + ",\"sent\":" + number(report.sent) +
         ",\"upserted\":" + number(report.upserted) + ",\"deleted\":" + number(report.deleted) +
         ",\"rejected\":" + number(report.rejected) +
         ",\"dryRun\":" + (dry_run ? "true" : "false") + "}";
}

}  // namespace deltaic::cli
