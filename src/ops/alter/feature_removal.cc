#include "ops/alter/feature_removal.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "data/actions/file_actions.h"
#include "ops/alter/drop_feature.h"
#include "ops/alter/feature_history.h"
#include "ops/alter/whole_rewrite.h"
#include "ops/clustering.h"
#include "ops/optimize/optimize.h"
#include "protocol/interval.h"
#include "protocol/table_features.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

constexpr const char* kProtectBefore = "delta.requireCheckpointProtectionBeforeVersion";
constexpr const char* kTruncateRetention = "delta.dropFeatureTruncateHistory.retentionDuration";
constexpr int64_t kDefaultTruncateRetentionMs = int64_t{24} * 3600 * 1000;
/// Checkpointed commits between the last use of a feature and its end, as in Spark: readers that do
/// not know the feature start from one of them.
constexpr int kBarrierCommits = 3;

/// One RemoveFeature call.
class Removal {
 public:
  Removal(std::shared_ptr<Table> table, SnapshotPtr snapshot, PlannedChange plan,
          const AlterOptions& options)
      : table_(std::move(table)),
        snapshot_(std::move(snapshot)),
        plan_(std::move(plan)),
        options_(options),
        feature_(plan_.dropped_feature),
        truncates_(std::get<DropFeature>(options.change).truncate_history) {}

  Result<AlterResult> Run() {
    // Refuses tables that this build must not write.
    DELTAIC_RETURN_IF_ERROR(Transaction::Start(table_, snapshot_).status());
    DELTAIC_RETURN_IF_ERROR(CheckDomains());
    const bool is_in_history = IsInHistory(feature_);
    if (is_in_history) DELTAIC_RETURN_IF_ERROR(EndUse());
    if (truncates_) {
      DELTAIC_RETURN_IF_ERROR(TruncateHistory());
    } else if (is_in_history) {
      DELTAIC_RETURN_IF_ERROR(PutBarrier());
    }
    DELTAIC_RETURN_IF_ERROR(CommitEnd(is_in_history || truncates_));
    if (is_in_history || truncates_) DELTAIC_RETURN_IF_ERROR(WriteCheckpoint(*snapshot_));
    result_.snapshot = snapshot_;
    return std::move(result_);
  }

 private:
  Status CheckDomains() const {
    if (feature_ != "domainMetadata") return Status();
    DELTAIC_ASSIGN_OR_RETURN(const auto domains, snapshot_->Domains());
    for (const DomainMetadata& domain : domains) {
      if (domain.removed) continue;
      return Status::InvalidArgument(
          "the feature domainMetadata cannot be dropped: the table has the domain ", domain.domain);
    }
    return Status();
  }

  /// The table and its files are without the feature afterwards; the protocol has it still.
  Status EndUse() {
    DELTAIC_ASSIGN_OR_RETURN(const bool is_in_files,
                             IsInFiles({snapshot_->metadata(), snapshot_->protocol()}, feature_));
    if (is_in_files) {
      DELTAIC_RETURN_IF_ERROR(WriteFilesAgain());
    } else if (plan_.definition.metadata != snapshot_->metadata()) {
      DELTAIC_RETURN_IF_ERROR(CommitStep(plan_.definition.metadata));
    }
    if (feature_ == "deletionVectors") DELTAIC_RETURN_IF_ERROR(Purge());
    DELTAIC_ASSIGN_OR_RETURN(const TableFacts facts, TableFactsOf(*snapshot_));
    DELTAIC_ASSIGN_OR_RETURN(plan_, PlanTableChange(facts, options_.change));
    return Status();
  }

  Status WriteFilesAgain() {
    WholeRewrite rewrite{.metadata = plan_.definition.metadata,
                         .stale = {},
                         .clustering = plan_.clustering,
                         .num_threads = options_.num_threads,
                         .commit = StepSpec(),
                         .cancel = options_.cancel};
    if (feature_ == "typeWidening") {
      rewrite.stale = ChangedColumns{.schema = snapshot_->schema(),
                                     .partition_columns = snapshot_->metadata().partition_columns,
                                     .column_mapping = snapshot_->column_mapping()};
    }
    DELTAIC_ASSIGN_OR_RETURN(const WholeRewriteResult done,
                             RewriteTable(table_, snapshot_, rewrite));
    snapshot_ = done.snapshot;
    result_.num_rewritten_files += done.num_files;
    return Status();
  }

  Status Purge() {
    DELTAIC_ASSIGN_OR_RETURN(const int64_t num_files, CountVectors());
    if (num_files == 0) return Status();
    OptimizeOptions purge;
    purge.kind = OptimizeKind::kPurge;
    purge.files.num_threads = options_.num_threads;
    purge.commit = options_.commit;
    purge.cancel = options_.cancel;
    DELTAIC_ASSIGN_OR_RETURN(const OptimizeResult done, OptimizeTable(table_, snapshot_, purge));
    snapshot_ = done.snapshot;
    result_.num_rewritten_files += done.done.removed.num_files;
    DELTAIC_ASSIGN_OR_RETURN(const int64_t left, CountVectors());
    if (left == 0) return Status();
    return Status::Conflict("the feature deletionVectors cannot be dropped: another commit gave ",
                            left, " files of ", table_->uri(),
                            " deletion vectors meanwhile; run it again");
  }

  Result<int64_t> CountVectors() const {
    FileListOptions list{.columns = FileColumns::PathOnly(), .cancel = options_.cancel};
    list.columns.deletion_vector = true;
    DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot_->ListFiles(std::move(list)));
    int64_t num_files = 0;
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
      if (batch == nullptr) return num_files;
      num_files += batch->num_rows() - batch->GetColumnByName("deletionVector")->null_count();
    }
  }

  CommitSpec StepSpec() const {
    CommitSpec spec = options_.commit;
    spec.operation = plan_.operation;
    spec.parameters = plan_.parameters;
    spec.cancel = options_.cancel;
    return spec;
  }

  /// One commit that changes no row, and that nothing came before.
  Status CommitStep(const std::optional<Metadata>& metadata) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    if (metadata) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*metadata));
    CommitSpec spec = StepSpec();
    spec.post_commit_checkpoint = false;
    DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
    if (committed.num_retries > 0) {
      return Status::Conflict("another commit came between those of DROP FEATURE ", feature_,
                              " of ", table_->uri(), "; run it again");
    }
    snapshot_ = committed.snapshot;
    return Status();
  }

  /// Checkpoints that do not need the feature, for whoever does not know it.
  Status PutBarrier() {
    for (int i = 0; i < kBarrierCommits; ++i) {
      DELTAIC_RETURN_IF_ERROR(CommitStep(std::nullopt));
      DELTAIC_RETURN_IF_ERROR(WriteCheckpoint(*snapshot_));
    }
    Protocol& protocol = plan_.definition.protocol;
    protocol = UpgradeProtocol(protocol, {"checkpointProtection"});
    plan_.definition.metadata.configuration[kProtectBefore] =
        std::to_string(snapshot_->version().value + 1);
    return Status();
  }

  Status TruncateHistory() {
    DELTAIC_ASSIGN_OR_RETURN(Version first,
                             FirstVersionWithout(*table_, *snapshot_, feature_, options_.cancel));
    if (first.value > snapshot_->version().value + 1) {
      return Status::InvalidArgument("the feature ", feature_, " protects versions up to ",
                                     first.value, ", which the table has not come to yet");
    }
    if (first > snapshot_->version()) {
      // The last commit that names what the feature made is to go with those before it.
      DELTAIC_RETURN_IF_ERROR(CommitStep(std::nullopt));
      DELTAIC_RETURN_IF_ERROR(WriteCheckpoint(*snapshot_));
      first = snapshot_->version();
    }
    DELTAIC_ASSIGN_OR_RETURN(const int64_t retention_ms, TruncateRetention());
    return TruncateLogBefore(*table_, *snapshot_, first, retention_ms, options_.cancel);
  }

  Result<int64_t> TruncateRetention() const {
    const StringMap& configuration = snapshot_->metadata().configuration;
    const auto given = configuration.find(kTruncateRetention);
    if (given == configuration.end()) return kDefaultTruncateRetentionMs;
    return ParseInterval(given->second);
  }

  /// \param alone  what came before must be what this stands on.
  Status CommitEnd(bool alone) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    DELTAIC_RETURN_IF_ERROR(transaction.Stage(plan_.definition.protocol));
    if (plan_.definition.metadata != snapshot_->metadata()) {
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(plan_.definition.metadata));
    }
    for (const Txn& txn : options_.transactions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
    CommitSpec spec = StepSpec();
    if (alone) spec.max_retries = 0;
    DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
    snapshot_ = committed.snapshot;
    result_.version = committed.version;
    result_.num_retries = committed.num_retries;
    return Status();
  }

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;
  PlannedChange plan_;
  const AlterOptions& options_;
  const std::string feature_;
  const bool truncates_;
  AlterResult result_;
};

}  // namespace

Result<AlterResult> RemoveFeature(const std::shared_ptr<Table>& table, SnapshotPtr snapshot,
                                  PlannedChange plan, const AlterOptions& options) {
  return Removal(table, std::move(snapshot), std::move(plan), options).Run();
}

}  // namespace deltaic
