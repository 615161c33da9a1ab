#include "scan/scan.h"

#include <utility>

#include "expr/bind.h"
#include "scan/column_names.h"
#include "scan/file_source.h"
#include "scan/running_scan.h"

namespace deltaic {

Result<std::unique_ptr<Scan>> Scan::Make(SnapshotPtr snapshot, ScanOptions options) {
  auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = snapshot->schema();
  spec->partition_columns = snapshot->metadata().partition_columns;
  spec->column_mapping = snapshot->column_mapping();
  DELTAIC_ASSIGN_OR_RETURN(spec->columns, ResolveColumnNames(*snapshot->schema(), options.columns));
  if (options.predicate != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(spec->predicate,
                             BindPredicate(options.predicate, *snapshot->schema()));
  }
  const auto list_files = [&](CancellationToken cancel) {
    return options.ordered ? ListScanFilesInOrder(snapshot, spec->predicate, std::move(cancel))
                           : ListScanFiles(snapshot, spec->predicate, std::move(cancel));
  };
  return RunningScan::Start(snapshot->store(), spec, list_files, options);
}

}  // namespace deltaic
