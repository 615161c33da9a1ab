#pragma once

#include <string>

namespace deltaic::cli {

/// Prints the plan of a scan, as deltaic_scan_explain_json gives it, for a reader or as it is.
void PrintPlan(const std::string& plan, bool as_json);

}  // namespace deltaic::cli
