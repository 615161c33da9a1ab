#include "ops/optimize/optimize.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "data/actions/file_actions.h"
#include "expr/bind.h"
#include "ops/clustering.h"
#include "ops/operation_parameters.h"
#include "ops/optimize/cluster_plan.h"
#include "ops/optimize/compaction_plan.h"
#include "ops/optimize/group_workers.h"
#include "ops/partition_match.h"
#include "ops/row_change_support.h"
#include "protocol/column_path.h"
#include "protocol/json.h"
#include "storage/clock.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

/// Rows that are sorted fill what they get; those that only pass by are as fast with little, in
/// memory that is used again.
constexpr int64_t kDefaultMemoryBytes = int64_t{512} << 20;
constexpr int64_t kDefaultPassingBytes = int64_t{64} << 20;
/// Less would make more files than it keeps memory low.
constexpr int64_t kLeastGroupMemoryBytes = int64_t{8} << 20;

/// The places of a curve are numbers of 63 bits.
constexpr size_t kMostCurveColumns = 63;

std::string Dotted(const std::vector<std::string>& path) {
  std::string out;
  for (const std::string& name : path) out += (out.empty() ? "" : ".") + name;
  return out;
}

bool HasOrder(TypeId id) {
  switch (id) {
    case TypeId::kVariant:
    case TypeId::kVoid:
    case TypeId::kStruct:
    case TypeId::kArray:
    case TypeId::kMap:
      return false;
    default:
      return true;
  }
}

/// The path by logical names of a column that rows are to be sorted by.
/// \param by_physical  `names` are physical ones.
Result<std::vector<std::string>> ResolveOrderColumn(const Schema& schema,
                                                    const std::vector<std::string>& names,
                                                    bool by_physical) {
  std::vector<std::string> path;
  const DataType* type = &schema;
  for (const std::string& name : names) {
    const StructField* found = nullptr;
    if (type->id() == TypeId::kStruct && by_physical) {
      for (const StructField& field : type->fields()) {
        if (field.physical_name() == name) found = &field;
      }
    } else if (type->id() == TypeId::kStruct) {
      found = type->FindField(name);
    }
    if (found == nullptr) {
      return Status::InvalidArgument("the table has no column ", Dotted(names),
                                     " to put rows in order by; its columns are ",
                                     schema.ToString());
    }
    path.push_back(found->name);
    type = found->type.get();
  }
  if (!HasOrder(type->id())) {
    return Status::InvalidArgument("column ", Dotted(path), " of type ", type->ToString(),
                                   " has no order to put rows in");
  }
  return path;
}

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
    DELTAIC_RETURN_IF_ERROR(ChooseOrder());
    // Refuses tables that this build must not write.
    DELTAIC_RETURN_IF_ERROR(Transaction::Start(table_, snapshot_).status());
    DELTAIC_ASSIGN_OR_RETURN(RewritePlan plan, Plan());
    result_.snapshot = snapshot_;
    result_.num_considered = plan.num_considered;
    result_.num_skipped = plan.num_skipped;
    result_.keeps_order = !curve_;
    result_.strategy = options_.kind == OptimizeKind::kPurge ? "purge"
                       : clusters_                           ? "clustering"
                       : curve_                              ? "zOrder"
                                                             : "preserveLocality";
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

  /// By what rows are sorted, if they are.
  Status ChooseOrder() {
    DELTAIC_ASSIGN_OR_RETURN(const auto clustering, ClusteringColumnsOf(*snapshot_));
    const bool is_clustered = clustering && !clustering->empty();
    if (options_.full && (!is_clustered || options_.kind != OptimizeKind::kCompact)) {
      return Status::InvalidArgument("full is for clustering, and table ", table_->uri(),
                                     " is not clustered");
    }
    if (is_clustered && predicate_ != nullptr) {
      return Status::InvalidArgument("table ", table_->uri(),
                                     " is clustered, so that all of it is optimized; leave the "
                                     "condition out");
    }
    if (options_.kind == OptimizeKind::kZOrder) {
      if (is_clustered) {
        return Status::InvalidArgument("table ", table_->uri(),
                                       " is clustered by columns of its own; optimize it without "
                                       "z-order columns, or cluster it by others");
      }
      return ChooseZOrder();
    }
    is_clustered_ = is_clustered;
    if (!is_clustered || options_.automatic || options_.kind != OptimizeKind::kCompact) {
      return Status();
    }
    clusters_ = true;
    curve_.emplace();
    curve_->kind = CurveKind::kHilbert;
    curve_->max_spill_bytes = options_.max_spill_bytes;
    for (const PhysicalPath& physical : *clustering) {
      DELTAIC_ASSIGN_OR_RETURN(curve_->columns.emplace_back(),
                               ResolveOrderColumn(*snapshot_->schema(), physical,
                                                  /*by_physical=*/true));
    }
    return Status();
  }

  Status ChooseZOrder() {
    if (options_.columns.empty() || options_.columns.size() > kMostCurveColumns) {
      return Status::InvalidArgument("z-order takes 1 to ", kMostCurveColumns, " columns, not ",
                                     options_.columns.size());
    }
    curve_.emplace();
    curve_->max_spill_bytes = options_.max_spill_bytes;
    for (const std::string& column : options_.columns) {
      DELTAIC_ASSIGN_OR_RETURN(const std::vector<std::string> names, ParseColumnPath(column));
      DELTAIC_ASSIGN_OR_RETURN(auto path, ResolveOrderColumn(*snapshot_->schema(), names,
                                                             /*by_physical=*/false));
      if (std::ranges::find(snapshot_->metadata().partition_columns, path.front()) !=
          snapshot_->metadata().partition_columns.end()) {
        return Status::InvalidArgument("z-order column ", column,
                                       " is a partition column: all rows of a file have the same "
                                       "value already");
      }
      if (std::ranges::find(curve_->columns, path) != curve_->columns.end()) {
        return Status::InvalidArgument("z-order column ", column, " is given twice");
      }
      curve_->columns.push_back(std::move(path));
    }
    return Status();
  }

  std::vector<std::string> CurveColumnNames() const {
    std::vector<std::string> names;
    for (const auto& path : curve_->columns) names.push_back(Dotted(path));
    return names;
  }

  /// What files say they are clustered by.
  std::string ColumnsTag() const {
    JsonWriter json;
    json.BeginArray();
    for (const std::string& name : CurveColumnNames()) json.String(name);
    json.EndArray();
    return json.Take();
  }

  /// What a z-order makes of a partition.
  std::string OrderOfRows() const { return Concat(TargetBytes(), " ", ColumnsTag()); }

  /// Whether a compaction that follows a write is to look at a file.
  bool IsWanted(const Add& add) const {
    if (options_.automatic && is_clustered_ && add.clustering_provider) return false;
    return !options_.partitions ||
           options_.partitions->contains(SortedValues(add.partition_values));
  }

  int64_t TargetBytes() const {
    if (options_.files.target_file_size_bytes > 0) return options_.files.target_file_size_bytes;
    return OptimizedFileBytes(snapshot_->properties());
  }

  Result<RewritePlan> Plan() const {
    CompactionPlanner planner({.target_size_bytes = TargetBytes(),
                               .min_file_size_bytes = options_.min_file_size_bytes > 0
                                                          ? options_.min_file_size_bytes
                                                          : TargetBytes(),
                               .min_files = options_.min_files,
                               .whole_partitions = options_.kind == OptimizeKind::kZOrder,
                               .purge = options_.kind == OptimizeKind::kPurge,
                               .order = curve_ ? OrderOfRows() : ""});
    std::vector<ConsideredFile> to_cluster;
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
      if (batch == nullptr) break;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        ConsideredFile file{.add = AddFromBatch(*batch, row), .live_rows = {}};
        if (match) {
          DELTAIC_ASSIGN_OR_RETURN(const bool wanted, match->Matches(file.add.partition_values));
          if (!wanted) continue;
        }
        if (!IsWanted(file.add)) continue;
        file.live_rows = CountLiveRows(file.add, *snapshot_->schema());
        if (clusters_) {
          file.add.stats.reset();
          to_cluster.push_back(std::move(file));
        } else {
          planner.Consider(std::move(file));
        }
      }
    }
    if (!clusters_) return std::move(planner).Finish();
    ClusterLimits limits{.columns_tag = ColumnsTag(), .full = options_.full};
    if (options_.min_cube_bytes > 0) {
      limits.min_cube_bytes = options_.min_cube_bytes;
      limits.target_cube_bytes = options_.min_cube_bytes / 2 * 3;
    }
    return PlanClustering(std::move(to_cluster), limits);
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
      spec.parameters = {
          {"predicate", predicate},
          {"auto", JsonText(options_.automatic ? "true" : "false")},
          {"clusterBy",
           JsonListAsText(clusters_ ? CurveColumnNames() : std::vector<std::string>())},
          {"zOrderBy",
           JsonListAsText(curve_ && !clusters_ ? CurveColumnNames() : std::vector<std::string>())}};
      if (options_.full) spec.parameters.emplace_back("isFull", JsonText("true"));
    }
    return spec;
  }

  /// What one of `num_tasks` groups at once may take of memory.
  int64_t GroupMemoryBytes(int num_tasks) const {
    if (options_.files.max_memory_bytes > 0) return options_.files.max_memory_bytes / num_tasks;
    const int64_t share = kDefaultMemoryBytes / num_tasks;
    return curve_ ? share
                  : std::min(share, kDefaultPassingBytes * NumThreads(options_) / num_tasks);
  }

  /// What one of `num_tasks` groups at once may take of threads and memory.
  GroupRewriteOptions GroupOptions(int num_tasks) {
    const int64_t memory = GroupMemoryBytes(num_tasks);
    const auto part = [memory](int64_t eighths) {
      return std::max(kLeastGroupMemoryBytes, memory / 8 * eighths);
    };
    GroupRewriteOptions group{.files = options_.files,
                              .scan_memory_bytes = part(curve_ ? 2 : 1),
                              .curve = curve_,
                              .curve_memory_bytes = part(4),
                              .took_rows =
                                  [this](int64_t rows) {
                                    const int64_t all = rows_ += rows;
                                    if (options_.progress) options_.progress(all);
                                    return !failed_.load();
                                  },
                              .cancel = options_.cancel};
    group.files.num_threads = std::max(1, NumThreads(options_) / num_tasks);
    group.files.max_memory_bytes = part(curve_ ? 2 : 6);
    // The plan bounds the size of a group, and a small second file is of no use to anybody: the
    // next call would take it again.
    group.files.one_file_at_a_time = true;
    group.files.target_file_size_bytes = 2 * TargetBytes();
    if (curve_) {
      group.curve->num_threads = group.files.num_threads;
      group.files.target_file_size_bytes = TargetBytes();
    }
    return group;
  }

  /// Gives groups that may be copied the statistics of their files together: others need none, and
  /// of many files they are long.
  Result<std::shared_ptr<const GroupCopier>> PrepareCopies(std::vector<FileGroup>& groups) const {
    if (curve_) return std::shared_ptr<const GroupCopier>();
    DELTAIC_ASSIGN_OR_RETURN(auto copier, GroupCopier::Make(snapshot_, options_.files));
    if (!copier) return std::shared_ptr<const GroupCopier>();
    std::unordered_map<std::string, FileGroup*> wanted;
    for (FileGroup& group : groups) {
      if (!copier->IsCandidate(group)) continue;
      for (const Add& add : group.files) wanted.emplace(add.path, &group);
    }
    if (wanted.empty()) return std::shared_ptr<const GroupCopier>();
    DELTAIC_ASSIGN_OR_RETURN(
        const auto files,
        snapshot_->ListFiles(FileListOptions{.predicate = predicate_, .cancel = options_.cancel}));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
      if (batch == nullptr) break;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        const Add add = AddFromBatch(*batch, row);
        const auto found = wanted.find(add.path);
        if (found != wanted.end()) copier->AddStats(add.stats.value_or(""), *found->second);
      }
    }
    return std::make_shared<const GroupCopier>(*std::move(copier));
  }

  Status Rewrite(std::vector<FileGroup> groups) {
    DELTAIC_ASSIGN_OR_RETURN(const RewriteTarget target, MakeRewriteTarget(snapshot_));
    RearrangementCommit commit(table_, snapshot_, Spec());
    const int wanted =
        options_.max_concurrent_tasks > 0 ? options_.max_concurrent_tasks : NumThreads(options_);
    const auto num_tasks =
        static_cast<int>(std::min<int64_t>(wanted, static_cast<int64_t>(groups.size())));
    GroupRewriteOptions group_options = GroupOptions(num_tasks);
    DELTAIC_ASSIGN_OR_RETURN(group_options.copier, PrepareCopies(groups));
    std::mutex mutex;
    std::vector<std::unique_ptr<RewrittenGroup>> done;
    int64_t last_commit_ms = begin_ms_;
    const Status worked = RunWorkers(
        static_cast<int64_t>(groups.size()), num_tasks, failed_, [&](int64_t i) -> Status {
          DELTAIC_ASSIGN_OR_RETURN(
              auto group,
              RewriteGroup(target, std::move(groups[static_cast<size_t>(i)]), group_options));
          if (clusters_) {
            group->tags = StringMap{{kCubeIdTag, NewUuid()}, {kCubeColumnsTag, ColumnsTag()}};
            group->clustering_provider = kClusteringProvider;
          } else if (curve_) {
            group->tags = StringMap{{kOrderTag, OrderTagOf(NewUuid(), OrderOfRows())}};
          }
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
  ExprPtr predicate_;               ///< bound
  std::optional<CurveSpec> curve_;  ///< rows are sorted along it
  bool clusters_ = false;
  bool is_clustered_ = false;  ///< the table
  std::atomic<bool> failed_{false};
  std::atomic<int64_t> rows_{0};
  OptimizeResult result_;
};

}  // namespace

int64_t OptimizedFileBytes(const TableProperties& properties) {
  constexpr int64_t kDefault = int64_t{128} << 20;
  return properties.target_file_size_bytes.value_or(kDefault);
}

Result<OptimizeResult> OptimizeTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                     const OptimizeOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, table->Load());
  }
  return Optimization(table, std::move(base), options).Run();
}

}  // namespace deltaic
