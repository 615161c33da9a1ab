#include "scan/scan.h"

#include <utility>

#include "scan/file_source.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"

namespace deltaic {

Result<std::unique_ptr<Scan>> Scan::Make(SnapshotPtr snapshot, ScanOptions options) {
  DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(ScannedTableOf(*snapshot), options));
  const auto list_files = [&](CancellationToken cancel) {
    const bool row_tracking = NeedsRowTracking(options.metadata_columns);
    return options.ordered
               ? ListScanFilesInOrder(snapshot, spec->predicate, std::move(cancel), row_tracking)
               : ListScanFiles(snapshot, spec->predicate, std::move(cancel), row_tracking);
  };
  return RunningScan::Start(snapshot->store(), spec, list_files, options);
}

}  // namespace deltaic
