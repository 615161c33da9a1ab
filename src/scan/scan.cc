#include "scan/scan.h"

#include <algorithm>
#include <utility>

#include "expr/bind.h"
#include "protocol/table_features.h"
#include "scan/column_names.h"
#include "scan/file_source.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"
#include "table/clock.h"

namespace deltaic {
namespace {

bool NeedsRowTracking(const std::vector<MetadataColumn>& columns) {
  return std::ranges::any_of(columns, [](MetadataColumn column) {
    return column == MetadataColumn::kRowId || column == MetadataColumn::kRowCommitVersion;
  });
}

/// Source: PROTOCOL.md, "Reader Requirements for Row Tracking".
Status AddMetadataColumns(const Snapshot& snapshot, const std::vector<MetadataColumn>& columns,
                          DataReadSpec& spec) {
  spec.metadata_columns = columns;
  if (!NeedsRowTracking(columns)) return Status();
  if (!snapshot.properties().enable_row_tracking ||
      !ProtocolHasFeature(snapshot.protocol(), "rowTracking")) {
    return Status::InvalidArgument(snapshot.store()->root_uri(),
                                   " has no row ids and row commit versions: row tracking "
                                   "(delta.enableRowTracking) is not on");
  }
  const auto column_name = [&](const char* key) {
    const auto& configuration = snapshot.metadata().configuration;
    const auto entry = configuration.find(key);
    return entry == configuration.end() ? std::string() : entry->second;
  };
  spec.row_id_column = column_name("delta.rowTracking.materializedRowIdColumnName");
  spec.row_commit_version_column =
      column_name("delta.rowTracking.materializedRowCommitVersionColumnName");
  return Status();
}

}  // namespace

Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const ScannedTable& table,
                                                   const ScanOptions& options) {
  auto spec = std::make_shared<DataReadSpec>();
  spec->table_schema = table.schema;
  spec->partition_columns = table.partition_columns;
  spec->column_mapping = table.column_mapping;
  DELTAIC_ASSIGN_OR_RETURN(spec->columns, ResolveColumnNames(*table.schema, options.columns));
  DELTAIC_ASSIGN_OR_RETURN(spec->dictionary_columns,
                           ResolveStringColumns(*table.schema, options.dictionary_columns));
  if (options.predicate != nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(spec->predicate, BindPredicate(options.predicate, *table.schema,
                                                            {.now_micros = NowMs() * 1000}));
  }
  return spec;
}

Result<std::shared_ptr<DataReadSpec>> MakeReadSpec(const Snapshot& snapshot,
                                                   const ScanOptions& options) {
  DELTAIC_ASSIGN_OR_RETURN(auto spec,
                           MakeReadSpec({snapshot.schema(), snapshot.metadata().partition_columns,
                                         snapshot.column_mapping()},
                                        options));
  DELTAIC_RETURN_IF_ERROR(AddMetadataColumns(snapshot, options.metadata_columns, *spec));
  return spec;
}

Result<std::unique_ptr<Scan>> Scan::Make(SnapshotPtr snapshot, ScanOptions options) {
  DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(*snapshot, options));
  const auto list_files = [&](CancellationToken cancel) {
    const bool row_tracking = NeedsRowTracking(options.metadata_columns);
    return options.ordered
               ? ListScanFilesInOrder(snapshot, spec->predicate, std::move(cancel), row_tracking)
               : ListScanFiles(snapshot, spec->predicate, std::move(cancel), row_tracking);
  };
  return RunningScan::Start(snapshot->store(), spec, list_files, options);
}

}  // namespace deltaic
