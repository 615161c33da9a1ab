#include "ops/alter/whole_rewrite.h"

#include <arrow/record_batch.h>

#include <string>
#include <utility>

#include "data/actions/file_actions.h"
#include "data/read/parquet_data_file.h"
#include "ops/clustering.h"
#include "ops/optimize/compaction_plan.h"
#include "ops/optimize/group_rewrite.h"
#include "ops/optimize/optimize.h"
#include "ops/remove_files.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "storage/clock.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

constexpr int64_t kScanMemoryBytes = int64_t{128} << 20;

/// Files for the table as the new metadata has it.
Result<RowSinkTarget> TargetFor(const Snapshot& snapshot, const WholeRewrite& options) {
  RowSinkTarget target = TargetOf(snapshot);
  DELTAIC_ASSIGN_OR_RETURN(target.files.schema, ParseSchema(options.metadata.schema_string));
  target.files.properties = ParseTableProperties(options.metadata.configuration);
  target.files.shreds_variants =
      ShredsVariants(snapshot.protocol(), options.metadata.configuration);
  target.files.column_mapping = ProtocolHasFeature(snapshot.protocol(), "columnMapping")
                                    ? target.files.properties.column_mapping_mode
                                    : ColumnMappingMode::kNone;
  target.configuration = options.metadata.configuration;
  if (options.clustering) target.files.clustering_columns = *options.clustering;
  return target;
}

/// Which of the files must be written again, in their order. Each footer is read.
Result<std::vector<char>> AreStale(const Snapshot& snapshot, const std::vector<Add>& files,
                                   const WholeRewrite& options) {
  std::vector<char> stale(files.size(), 1);
  if (!options.stale || options.stale->are_in_the_log()) return stale;
  const ObjectStore& store = *snapshot.store();
  DELTAIC_RETURN_IF_ERROR(ParallelFor(
      static_cast<int64_t>(files.size()), DefaultThreads(store.traits()), [&](int64_t i) -> Status {
        DELTAIC_RETURN_IF_ERROR(options.cancel.Check());
        const Add& add = files[static_cast<size_t>(i)];
        DELTAIC_ASSIGN_OR_RETURN(
            const auto input,
            ParquetDataFile::OpenInput(store, {.path = add.path, .size_bytes = add.size}));
        const Result<bool> differs = HasOtherTypes(*input, *options.stale);
        DELTAIC_RETURN_IF_ERROR(differs.status().WithContext(add.path));
        stale[static_cast<size_t>(i)] = *differs ? 1 : 0;
        return Status();
      }));
  return stale;
}

/// The files that must be written again, those of a partition together.
Result<std::vector<FileGroup>> StaleFiles(const Snapshot& snapshot, const WholeRewrite& options) {
  CompactionPlanner planner({.whole_partitions = true});
  FileColumns columns;
  columns.record_counts_only = true;
  DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot.ListFiles(FileListOptions{
                                                 .columns = columns, .cancel = options.cancel}));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return std::move(planner).Finish().groups;
    std::vector<Add> adds;
    for (int64_t row = 0; row < batch->num_rows(); ++row) adds.push_back(AddFromBatch(*batch, row));
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<char> stale, AreStale(snapshot, adds, options));
    for (size_t i = 0; i < adds.size(); ++i) {
      if (stale[i] != 0) planner.Consider({.add = std::move(adds[i]), .live_rows = {}});
    }
  }
}

/// Takes the group's files out and puts those that were written in.
Status Stage(const RewrittenGroup& group, int64_t now_ms, Transaction& transaction) {
  for (const Add& add : group.group.files) {
    Remove remove = RemoveOf(add, now_ms);
    remove.data_change = false;
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(remove)));
  }
  std::vector<Add> adds;
  adds.reserve(group.written.size());
  for (const WrittenFile& file : group.written) adds.push_back(file.ToRearrangedAdd());
  return transaction.StageAdds(std::move(adds));
}

}  // namespace

Result<WholeRewriteResult> RewriteTable(const std::shared_ptr<Table>& table,
                                        const SnapshotPtr& snapshot, const WholeRewrite& options) {
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table, snapshot));
  transaction.reads().read_whole_table = true;
  transaction.reads().isolation = IsolationLevel::kSerializable;
  DELTAIC_RETURN_IF_ERROR(transaction.Stage(options.metadata));
  if (options.clustering) {
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(ClusteringDomain(*options.clustering)));
  }
  DELTAIC_ASSIGN_OR_RETURN(RewriteTarget target, MakeRewriteTarget(snapshot));
  DELTAIC_ASSIGN_OR_RETURN(target.written_for, TargetFor(*snapshot, options));
  GroupRewriteOptions group_options{.scan_memory_bytes = kScanMemoryBytes,
                                    .cancel = options.cancel};
  group_options.files.num_threads = options.num_threads;
  group_options.files.one_file_at_a_time = true;
  group_options.files.target_file_size_bytes = OptimizedFileBytes(snapshot->properties());
  DELTAIC_ASSIGN_OR_RETURN(std::vector<FileGroup> groups, StaleFiles(*snapshot, options));
  WholeRewriteResult result;
  std::vector<std::unique_ptr<RewrittenGroup>> written;
  for (FileGroup& group : groups) {
    result.num_files += static_cast<int64_t>(group.files.size());
    DELTAIC_ASSIGN_OR_RETURN(written.emplace_back(),
                             RewriteGroup(target, std::move(group), group_options));
    DELTAIC_RETURN_IF_ERROR(Stage(*written.back(), NowMs(), transaction));
  }
  CommitSpec spec = options.commit;
  spec.metrics = {{"numRemovedFiles", std::to_string(result.num_files)}};
  const Result<CommitResult> committed = std::move(transaction).Commit(spec);
  for (const auto& group : written) group->uncommitted.Settle(committed.status());
  DELTAIC_RETURN_IF_ERROR(committed.status());
  result.snapshot = committed->snapshot;
  return result;
}

}  // namespace deltaic
