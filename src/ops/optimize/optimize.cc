#include "ops/optimize/optimize.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "data/actions/file_actions.h"
#include "expr/bind.h"
#include "ops/operation_parameters.h"
#include "ops/optimize/compaction_plan.h"
#include "ops/optimize/group_workers.h"
#include "ops/partition_match.h"
#include "ops/row_change_support.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

constexpr int64_t kDefaultTargetBytes = int64_t{128} << 20;
constexpr int64_t kDefaultMemoryBytes = int64_t{512} << 20;
/// Less would make more files than it keeps memory low.
constexpr int64_t kLeastGroupMemoryBytes = int64_t{8} << 20;

int NumThreads(const OptimizeOptions& options) {
  if (options.files.num_threads > 0) return options.files.num_threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// One OptimizeTable call.
class Optimization {
 public:
  Optimization(std::shared_ptr<Table> table, SnapshotPtr snapshot, const OptimizeOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {}

  Result<OptimizeResult> Run() {
    DELTAIC_RETURN_IF_ERROR(Bind());
    // Refuses tables that this build must not write.
    DELTAIC_RETURN_IF_ERROR(Transaction::Start(table_, snapshot_).status());
    DELTAIC_ASSIGN_OR_RETURN(RewritePlan plan, Plan());
    result_.snapshot = snapshot_;
    result_.num_considered = plan.num_considered;
    result_.num_skipped = plan.num_skipped;
    result_.strategy = options_.kind == OptimizeKind::kPurge ? "purge" : "preserveLocality";
    for (const FileGroup& group : plan.groups) {
      result_.plan.push_back({.partition = DescribePartition(group.files.front().partition_values),
                              .num_files = static_cast<int64_t>(group.files.size()),
                              .num_bytes = group.num_bytes,
                              .num_rows = group.num_rows});
    }
    if (!options_.plan_only && !plan.groups.empty()) {
      DELTAIC_RETURN_IF_ERROR(Rewrite(std::move(plan.groups)));
    }
    result_.execution_time_ms = NowMs() - begin_ms_;
    return result_;
  }

 private:
  Status Bind() {
    if (options_.files.target_file_size_bytes < 0 || options_.min_file_size_bytes < 0) {
      return Status::InvalidArgument("sizes of files must be 0 (the default) or more");
    }
    if (options_.predicate == nullptr) return Status();
    DELTAIC_ASSIGN_OR_RETURN(predicate_, BindPredicate(options_.predicate, *snapshot_->schema(),
                                                       WithTime(options_.session, begin_ms_)));
    const auto& partition_columns = snapshot_->metadata().partition_columns;
    if (NamesPartitionsOnly(*predicate_, partition_columns)) return Status();
    std::string names;
    for (const std::string& name : partition_columns) names += (names.empty() ? "" : ", ") + name;
    return Status::InvalidArgument(
        "the files to optimize are chosen by partition columns, and ", predicate_->ToSql(),
        " names others; the table ",
        names.empty() ? "has no partitions" : Concat("is partitioned by ", names));
  }

  int64_t TargetBytes() const {
    if (options_.files.target_file_size_bytes > 0) return options_.files.target_file_size_bytes;
    return snapshot_->properties().target_file_size_bytes.value_or(kDefaultTargetBytes);
  }

  Result<RewritePlan> Plan() const {
    CompactionPlanner planner({.target_size_bytes = TargetBytes(),
                               .min_file_size_bytes = options_.min_file_size_bytes > 0
                                                          ? options_.min_file_size_bytes
                                                          : TargetBytes(),
                               .purge = options_.kind == OptimizeKind::kPurge});
    FileColumns columns;
    columns.record_counts_only = true;
    DELTAIC_ASSIGN_OR_RETURN(
        const auto files,
        snapshot_->ListFiles(FileListOptions{
            .columns = columns, .predicate = predicate_, .cancel = options_.cancel}));
    std::optional<PartitionMatch> match;
    if (predicate_ != nullptr) match.emplace(predicate_, *snapshot_);
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
      if (batch == nullptr) return std::move(planner).Finish();
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        ConsideredFile file{.add = AddFromBatch(*batch, row), .live_rows = {}};
        if (match) {
          DELTAIC_ASSIGN_OR_RETURN(const bool wanted, match->Matches(file.add.partition_values));
          if (!wanted) continue;
        }
        file.live_rows = CountLiveRows(file.add, *snapshot_->schema());
        planner.Consider(std::move(file));
      }
    }
  }

  CommitSpec Spec() const {
    CommitSpec spec = options_.commit;
    spec.cancel = options_.cancel;
    std::vector<std::string> predicates;
    if (predicate_ != nullptr) predicates.push_back(predicate_->ToSql());
    const std::string predicate = JsonListAsText(predicates);
    if (options_.kind == OptimizeKind::kPurge) {
      spec.operation = "REORG";
      spec.parameters = {{"predicate", predicate}, {"applyPurge", JsonText("true")}};
    } else {
      spec.operation = "OPTIMIZE";
      spec.parameters = {{"predicate", predicate},
                         {"auto", JsonText("false")},
                         {"clusterBy", JsonListAsText({})},
                         {"zOrderBy", JsonListAsText({})}};
    }
    return spec;
  }

  /// What one of `num_tasks` groups at once may take of threads and memory.
  GroupRewriteOptions GroupOptions(int num_tasks) {
    const int64_t memory = (options_.files.max_memory_bytes > 0 ? options_.files.max_memory_bytes
                                                                : kDefaultMemoryBytes) /
                           num_tasks;
    GroupRewriteOptions group{.files = options_.files,
                              .scan_memory_bytes = std::max(kLeastGroupMemoryBytes, memory / 4),
                              .order_memory_bytes = 0,
                              .took_rows =
                                  [this](int64_t rows) {
                                    const int64_t all = rows_ += rows;
                                    if (options_.progress) options_.progress(all);
                                    return !failed_.load();
                                  },
                              .cancel = options_.cancel};
    group.files.num_threads = std::max(1, NumThreads(options_) / num_tasks);
    group.files.max_memory_bytes = std::max(kLeastGroupMemoryBytes, memory / 2);
    // The plan bounds the size of a group, and a small second file is of no use to anybody.
    group.files.target_file_size_bytes = 2 * TargetBytes();
    return group;
  }

  Status Rewrite(std::vector<FileGroup> groups) {
    DELTAIC_ASSIGN_OR_RETURN(const RewriteTarget target, MakeRewriteTarget(snapshot_));
    RearrangementCommit commit(table_, snapshot_, Spec());
    const int wanted =
        options_.max_concurrent_tasks > 0 ? options_.max_concurrent_tasks : NumThreads(options_);
    const auto num_tasks =
        static_cast<int>(std::min<int64_t>(wanted, static_cast<int64_t>(groups.size())));
    const GroupRewriteOptions group_options = GroupOptions(num_tasks);
    std::mutex mutex;
    std::vector<std::unique_ptr<RewrittenGroup>> done;
    int64_t last_commit_ms = begin_ms_;
    const Status worked = RunWorkers(
        static_cast<int64_t>(groups.size()), num_tasks, failed_, [&](int64_t i) -> Status {
          DELTAIC_ASSIGN_OR_RETURN(
              auto group,
              RewriteGroup(target, std::move(groups[static_cast<size_t>(i)]), group_options));
          const std::lock_guard lock(mutex);
          done.push_back(std::move(group));
          if (!options_.min_commit_interval_ms ||
              NowMs() - last_commit_ms < *options_.min_commit_interval_ms) {
            return Status();
          }
          DELTAIC_RETURN_IF_ERROR(commit.Commit(std::exchange(done, {})));
          last_commit_ms = NowMs();
          return Status();
        });
    Status status = worked;
    if (status.ok()) status = commit.Commit(std::move(done));
    result_.done = commit.counts();
    result_.version = commit.version();
    result_.snapshot = commit.snapshot();
    if (!status.ok() && commit.version()) {
      return status.WithContext(Concat("after ", commit.counts().num_commits,
                                       " commits that stand, the last of them version ",
                                       commit.version()->value));
    }
    return status;
  }

  const std::shared_ptr<Table> table_;
  const SnapshotPtr snapshot_;
  const OptimizeOptions& options_;
  const int64_t begin_ms_ = NowMs();
  ExprPtr predicate_;  ///< bound
  std::atomic<bool> failed_{false};
  std::atomic<int64_t> rows_{0};
  OptimizeResult result_;
};

}  // namespace

Result<OptimizeResult> OptimizeTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                     const OptimizeOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, table->Load());
  }
  return Optimization(table, std::move(base), options).Run();
}

}  // namespace deltaic
