#include "ops/optimize/auto_compaction.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/log_sink.h"
#include "ops/auto_optimize.h"
#include "ops/optimize/file_group.h"
#include "ops/optimize/optimize.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "storage/log_store.h"

namespace deltaic {
namespace {

// Spark's: spark.databricks.delta.autoCompact.maxFileSize, minFileSize and minNumFiles.
constexpr int64_t kMaxFileBytes = int64_t{128} << 20;
constexpr int64_t kMinFiles = 50;

/// The partitions that a commit added files to.
Result<std::set<PartitionValues>> PartitionsOf(const Table& table, Version version) {
  const std::string name = CommitFileName(version);
  DELTAIC_ASSIGN_OR_RETURN(const std::string text, table.log()->Read(name));
  ActionFilter adds = kFileActions;
  adds.remove = false;
  std::set<PartitionValues> partitions;
  DELTAIC_RETURN_IF_ERROR(ParseCommit(text, name, adds, [&](Action&& action) {
    if (auto* add = std::get_if<Add>(&action)) {
      partitions.insert(SortedValues(std::move(add->partition_values)));
    }
    return Status();
  }));
  return partitions;
}

Result<SnapshotPtr> Compact(const std::shared_ptr<Table>& table, const SnapshotPtr& snapshot,
                            Version version, const AutoCompactionOptions& options) {
  OptimizeOptions optimize;
  optimize.automatic = true;
  DELTAIC_ASSIGN_OR_RETURN(optimize.partitions, PartitionsOf(*table, version));
  if (optimize.partitions->empty()) return snapshot;
  optimize.files.target_file_size_bytes =
      std::min(kMaxFileBytes, OptimizedFileBytes(snapshot->properties()));
  optimize.files.num_threads = options.num_threads;
  optimize.min_file_size_bytes = optimize.files.target_file_size_bytes / 2;
  optimize.min_files = kMinFiles;
  optimize.commit.engine_info = options.commit.engine_info;
  optimize.commit.max_retries = options.commit.max_retries;
  optimize.commit.post_commit_checkpoint = options.commit.post_commit_checkpoint;
  optimize.commit.cleanup_expired_logs = options.commit.cleanup_expired_logs;
  optimize.cancel = options.cancel;
  DELTAIC_ASSIGN_OR_RETURN(const OptimizeResult done, OptimizeTable(table, snapshot, optimize));
  return done.snapshot;
}

}  // namespace

SnapshotPtr CompactAfterCommit(const std::shared_ptr<Table>& table, SnapshotPtr snapshot,
                               std::optional<Version> version,
                               const AutoCompactionOptions& options) {
  if (!version || snapshot == nullptr) return snapshot;
  if (!options.wanted.value_or(CompactsAutomatically(snapshot->metadata().configuration))) {
    return snapshot;
  }
  Result<SnapshotPtr> compacted = Compact(table, snapshot, *version, options);
  if (compacted.ok()) return *std::move(compacted);
  Log(LogLevel::kWarning,
      Concat("version ", version->value, " of ", table->uri(),
             " is committed, but its files were not joined: ", compacted.status().message()));
  return snapshot;
}

}  // namespace deltaic
