#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "scan/scan.h"

namespace deltaic {

/// What a scan would do.
struct ScanPlan {
  std::vector<std::string> columns;       ///< of the rows
  std::vector<std::string> columns_read;  ///< from data files: without partition columns, with
                                          ///< those of the predicate
  ExprPtr predicate;                      ///< bound; nullptr = all rows
  ScanMetrics metrics;                    ///< of files and row groups
};

/// Lists the files of the scan and opens those that are left, to choose row groups; reads no row.
Result<ScanPlan> ExplainScan(SnapshotPtr snapshot, ScanOptions options);

}  // namespace deltaic
