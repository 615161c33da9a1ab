#include "ops/doctor/examination.h"

#include <arrow/api.h>

#include <algorithm>
#include <utility>

#include "ops/clustering.h"
#include "ops/doctor/file_survey.h"
#include "ops/optimize/optimize.h"
#include "ops/vacuum/vacuum.h"
#include "protocol/log_file_name.h"
#include "storage/clock.h"
#include "table/log_cleanup.h"

namespace deltaic {
namespace {

/// One ExamineTable call.
class Examination {
 public:
  Examination(std::shared_ptr<Table> table, SnapshotPtr snapshot, const ExaminationOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {}

  Result<TableHealth> Run() {
    DELTAIC_RETURN_IF_ERROR(Describe());
    DELTAIC_ASSIGN_OR_RETURN(FileSurvey survey,
                             FileSurvey::Make(snapshot_, options_.num_partitions));
    DELTAIC_RETURN_IF_ERROR(survey.Run(options_.cancel));
    std::move(survey).Report(out_);
    DELTAIC_RETURN_IF_ERROR(MarkClustering());
    DELTAIC_RETURN_IF_ERROR(LookAtLog());
    DELTAIC_RETURN_IF_ERROR(PlanCompaction());
    if (options_.list_folder) DELTAIC_RETURN_IF_ERROR(LookForGarbage());
    return std::move(out_);
  }

 private:
  Status Describe() {
    const TableProperties& properties = snapshot_->properties();
    out_.uri = table_->uri();
    out_.name = snapshot_->metadata().name.value_or("");
    out_.version = snapshot_->version();
    DELTAIC_ASSIGN_OR_RETURN(out_.time, snapshot_->timestamp());
    out_.at = TimestampMs{NowMs()};
    out_.target_file_bytes = OptimizedFileBytes(properties);
    out_.deletion_vectors_enabled = properties.enable_deletion_vectors;
    out_.deleted_file_retention_ms = properties.deleted_file_retention_ms;
    out_.log.checkpoint_interval = properties.checkpoint_interval;
    return Status();
  }

  Status MarkClustering() {
    DELTAIC_ASSIGN_OR_RETURN(const auto paths, ClusteringColumnsOf(*snapshot_));
    if (!paths || paths->empty()) return Status();
    out_.is_clustered = true;
    for (const PhysicalPath& path : *paths) {
      const std::string name = LogicalName(*snapshot_->schema(), path);
      for (ColumnHealth& column : out_.columns) {
        if (column.name == name) column.is_clustered_by = true;
      }
    }
    return Status();
  }

  Status LookAtLog() {
    DELTAIC_ASSIGN_OR_RETURN(const auto listing, table_->log()->ListFrom(""));
    LogHealth& log = out_.log;
    for (const ObjectMeta& file : listing) {
      ++log.num_files;
      log.num_bytes += file.size_bytes;
      const auto name = ParseLogFileName(file.path);
      if (name && name->kind == LogFileKind::kCommit && !log.first_version) {
        log.first_version = name->version;
      }
    }
    const LogSegment& segment = snapshot_->segment();
    log.checkpoint_version = segment.checkpoint_version;
    for (const LogFile& commit : segment.commits) {
      ++log.commits_since_checkpoint;
      log.bytes_since_checkpoint += commit.size_bytes;
    }
    DELTAIC_RETURN_IF_ERROR(LookAtCommits());
    return LookForExpiredLog();
  }

  Status LookAtCommits() {
    DELTAIC_ASSIGN_OR_RETURN(const auto history, table_->History(options_.num_commits));
    for (const HistoryEntry& entry : history) {
      std::string operation;
      if (entry.commit_info) operation = entry.commit_info->operation.value_or("");
      out_.log.commits.push_back({entry.version, entry.timestamp, std::move(operation)});
    }
    std::ranges::reverse(out_.log.commits);
    return Status();
  }

  Status LookForExpiredLog() {
    LogCleanup cleanup;
    cleanup.dry_run = true;
    cleanup.cancel = options_.cancel;
    const Result<LogCleanupResult> expired = CleanUpLog(*table_, *snapshot_, cleanup);
    // A table whose log must not be cleaned up has nothing that could go.
    if (expired.status().code() == StatusCode::kUnsupported) return Status();
    DELTAIC_RETURN_IF_ERROR(expired.status());
    out_.log.num_expired_files = static_cast<int64_t>(expired->files.size());
    out_.log.num_expired_bytes = expired->num_bytes;
    return Status();
  }

  Status PlanCompaction() {
    OptimizeOptions options;
    options.plan_only = true;
    options.cancel = options_.cancel;
    const Result<OptimizeResult> plan = OptimizeTable(table_, snapshot_, options);
    if (plan.status().code() == StatusCode::kUnsupported) return Status();
    DELTAIC_RETURN_IF_ERROR(plan.status());
    CompactionOutlook& outlook = out_.compaction.emplace();
    outlook.strategy = plan->strategy;
    outlook.num_groups = static_cast<int64_t>(plan->plan.size());
    for (const PlannedGroup& group : plan->plan) {
      outlook.num_files += group.num_files;
      outlook.num_bytes += group.num_bytes;
    }
    return Status();
  }

  Status LookForGarbage() {
    VacuumOptions options;
    options.cancel = options_.cancel;
    const Result<VacuumResult> vacuum = VacuumTable(table_, snapshot_, options);
    if (vacuum.status().code() == StatusCode::kUnsupported) return Status();
    DELTAIC_RETURN_IF_ERROR(vacuum.status());
    ReclaimableSpace& space = out_.reclaimable.emplace();
    space.num_files = vacuum->num_to_delete;
    space.num_bytes = vacuum->num_bytes;
    return CountTombstones(space);
  }

  Status CountTombstones(ReclaimableSpace& space) {
    DELTAIC_ASSIGN_OR_RETURN(const auto removed, snapshot_->ListTombstones(out_.at));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, removed->Next());
      if (batch == nullptr) return Status();
      DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      const auto& sizes = static_cast<const arrow::Int64Array&>(*batch->GetColumnByName("size"));
      space.num_kept_files += batch->num_rows();
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        if (!sizes.IsNull(row)) space.num_kept_bytes += sizes.Value(row);
      }
    }
  }

  const std::shared_ptr<Table> table_;
  const SnapshotPtr snapshot_;
  const ExaminationOptions& options_;
  TableHealth out_;
};

}  // namespace

Result<TableHealth> ExamineTable(const std::shared_ptr<Table>& table, const SnapshotPtr& snapshot,
                                 const ExaminationOptions& options) {
  return Examination(table, snapshot, options).Run();
}

}  // namespace deltaic
