#include "scan/scan.h"

#include <utility>

#include "expr/bind.h"
#include "scan/column_names.h"
#include "scan/file_source.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"

namespace deltaic {

Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const ScannedTable& table,
                                                   const ScanOptions& options) {
  auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = table.schema;
  spec->partition_columns = table.partition_columns;
  spec->column_mapping = table.column_mapping;
  DELTAIC_ASSIGN_OR_RETURN(spec->columns, ResolveColumnNames(*table.schema, options.columns));
  if (options.predicate != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(spec->predicate, BindPredicate(options.predicate, *table.schema));
  }
  return spec;
}

Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const Snapshot& snapshot,
                                                   const ScanOptions& options) {
  return MakeReadSpec(
      {snapshot.schema(), snapshot.metadata().partition_columns, snapshot.column_mapping()},
      options);
}

Result<std::unique_ptr<Scan>> Scan::Make(SnapshotPtr snapshot, ScanOptions options) {
  DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(*snapshot, options));
  const auto list_files = [&](CancellationToken cancel) {
    return options.ordered ? ListScanFilesInOrder(snapshot, spec->predicate, std::move(cancel))
                           : ListScanFiles(snapshot, spec->predicate, std::move(cancel));
  };
  return RunningScan::Start(snapshot->store(), spec, list_files, options);
}

}  // namespace deltaic
