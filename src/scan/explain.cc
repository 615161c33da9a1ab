#include "scan/explain.h"

#include <utility>

#include "data/read/read_plan.h"
#include "scan/read_spec.h"

namespace deltaic {

Result<ScanPlan> ExplainScan(SnapshotPtr snapshot, ScanOptions options) {
  ScanPlan plan;
  DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(ScannedTableOf(*snapshot), options));
  plan.columns = spec->columns;
  plan.predicate = spec->predicate;
  DELTAIC_ASSIGN_OR_RETURN(const auto read, ReadPlan::Make(spec));
  for (const PlannedColumn& column : read->columns) {
    if (!column.is_partition) plan.columns_read.push_back(column.field.name);
  }
  options.plan_only = true;
  DELTAIC_ASSIGN_OR_RETURN(const auto scan, Scan::Make(std::move(snapshot), std::move(options)));
  DELTAIC_RETURN_IF_ERROR(scan->Next());
  plan.metrics = scan->metrics();
  return plan;
}

}  // namespace deltaic
