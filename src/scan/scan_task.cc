#include "scan/scan_task.h"

#include <arrow/record_batch.h>

#include <utility>

#include "data/actions/file_actions.h"
#include "expr/parser.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "scan/read_spec.h"
#include "scan/running_scan.h"
#include "scan/split_files.h"
#include "table/time_zones.h"

namespace deltaic {
namespace {

Result<std::vector<Add>> ListScannedAdds(const Snapshot& snapshot, const DataReadSpec& spec,
                                         const CancellationToken& cancel) {
  const bool row_tracking = NeedsRowTracking(spec.metadata_columns);
  DELTAIC_ASSIGN_OR_RETURN(
      const auto stream, snapshot.ListFiles(ScanListOptions(spec.predicate, cancel, row_tracking)));
  std::vector<Add> adds;
  for (;;) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, stream->Next());
    if (batch == nullptr) return adds;
    for (int64_t row = 0; row < batch->num_rows(); ++row) adds.push_back(AddFromBatch(*batch, row));
  }
}

/// What the log says of the table, as Snapshot has it.
Result<ScannedTable> TableOfTask(const ScanTask& task) {
  // Whoever planned the task has asked the catalog, where there is one.
  DELTAIC_RETURN_IF_ERROR(
      CheckReadable(task.protocol, CatalogAccess::kGiven).WithContext(task.table_uri));
  DELTAIC_ASSIGN_OR_RETURN(SchemaPtr schema, ParseSchema(task.metadata.schema_string));
  return ScannedTableOf(task.table_uri, std::move(schema), task.protocol, task.metadata);
}

}  // namespace

Result<std::vector<ScanTask>> PlanScanTasks(SnapshotPtr snapshot, const ScanTaskOptions& options) {
  ScanOptions scan;
  scan.columns = options.columns;
  scan.metadata_columns = options.metadata_columns;
  scan.predicate = options.predicate;
  scan.session = options.session;
  DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(ScannedTableOf(*snapshot), scan));
  DELTAIC_ASSIGN_OR_RETURN(std::vector<Add> adds,
                           ListScannedAdds(*snapshot, *spec, options.cancel));
  std::vector<int64_t> sizes;
  sizes.reserve(adds.size());
  for (const Add& add : adds) sizes.push_back(add.size);
  DELTAIC_ASSIGN_OR_RETURN(const auto split,
                           SplitFiles(sizes, {options.max_tasks, options.target_bytes}));
  ScanTask common;
  common.table_uri = snapshot->store()->root_uri();
  common.version = snapshot->version();
  common.protocol = snapshot->protocol();
  common.metadata = snapshot->metadata();
  common.columns = spec->columns;
  common.metadata_columns = options.metadata_columns;
  if (options.predicate != nullptr) {
    common.predicate = options.predicate->ToSql();
    common.now_micros = options.session.now_micros.value_or(0);
    common.time_zone = options.session.zone == nullptr ? "" : options.session.zone->name();
  }
  std::vector<ScanTask> tasks;
  for (const auto& pieces : split) {
    ScanTask& task = tasks.emplace_back(common);
    for (const FilePiece& piece : pieces) task.parts.push_back({adds[piece.file], piece.range});
  }
  return tasks;
}

Result<std::unique_ptr<Scan>> OpenScanTask(const ScanTask& task, std::shared_ptr<ObjectStore> store,
                                           ScanOptions options) {
  options.columns = task.columns;
  options.metadata_columns = task.metadata_columns;
  options.session.now_micros = task.now_micros;
  options.session.zone = nullptr;
  if (!task.time_zone.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(options.session.zone, FindTimeZone(task.time_zone));
  }
  options.predicate = nullptr;
  if (!task.predicate.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(options.predicate, ParseWrittenPredicate(task.predicate));
  }
  DELTAIC_ASSIGN_OR_RETURN(const ScannedTable table, TableOfTask(task));
  DELTAIC_ASSIGN_OR_RETURN(const auto spec, MakeReadSpec(table, options));
  const auto list_files = [&](const CancellationToken&) -> Result<std::unique_ptr<FileSource>> {
    std::vector<ScanFile> files;
    for (const ScanTask::Part& part : task.parts) {
      files.push_back(ScanFileOf(part.file));
      files.back().file.range = part.range;
    }
    return TheseFiles(std::move(files));
  };
  return RunningScan::Start(std::move(store), spec, list_files, std::move(options));
}

}  // namespace deltaic
