#pragma once

#include <simdjson.h>

#include "databases/sync_run.h"

namespace deltaic::cli {

/// What a plan says; of rows nothing yet.
SyncReport ReportOf(const simdjson::dom::element& plan);

/// One line for people.
std::string FormatReport(const SyncReport& report, const std::string& name, bool dry_run);
/// One line of JSON.
std::string ReportJson(const SyncReport& report, bool dry_run);

}  // namespace deltaic::cli
