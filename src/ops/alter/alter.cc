#include "ops/alter/alter.h"

#include <arrow/record_batch.h>

#include <set>
#include <utility>

#include "data/actions/file_actions.h"
#include "ops/alter/drop_feature.h"
#include "ops/clustering.h"
#include "ops/operation_parameters.h"
#include "ops/row_checks.h"
#include "protocol/table_features.h"
#include "scan/scan.h"
#include "table/checkpoint.h"

namespace deltaic {
namespace {

constexpr const char* kProtectBefore = "delta.requireCheckpointProtectionBeforeVersion";
/// Checkpointed commits between the last use of a feature and its end, as in Spark: readers that do
/// not know the feature start from one of them.
constexpr int kBarrierCommits = 3;

/// One AlterTable call.
class Alteration {
 public:
  Alteration(std::shared_ptr<Table> table, const AlterOptions& options)
      : table_(std::move(table)), options_(options) {}

  Result<AlterResult> Run() {
    DELTAIC_ASSIGN_OR_RETURN(snapshot_, table_->Load());
    DELTAIC_RETURN_IF_ERROR(Plan());
    result_.snapshot = snapshot_;
    if (!plan_.is_change && options_.transactions.empty()) return std::move(result_);
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    if (!plan_.dropped_feature.empty()) DELTAIC_RETURN_IF_ERROR(CheckNoTraces());
    if (!plan_.checks.empty()) DELTAIC_RETURN_IF_ERROR(CheckRows(transaction));
    const bool is_in_history = IsInHistory(plan_.dropped_feature);
    if (is_in_history) {
      DELTAIC_RETURN_IF_ERROR(PutBarrier());
      DELTAIC_ASSIGN_OR_RETURN(transaction, Transaction::Start(table_, snapshot_));
    }
    DELTAIC_RETURN_IF_ERROR(Stage(transaction));
    DELTAIC_RETURN_IF_ERROR(Commit(std::move(transaction), is_in_history));
    if (is_in_history) DELTAIC_RETURN_IF_ERROR(WriteCheckpoint(*result_.snapshot));
    return std::move(result_);
  }

 private:
  Status Plan() {
    TableFacts facts{.definition = {snapshot_->metadata(), snapshot_->protocol()},
                     .clustering = {}};
    DELTAIC_ASSIGN_OR_RETURN(facts.clustering, ClusteringColumnsOf(*snapshot_));
    DELTAIC_ASSIGN_OR_RETURN(plan_, PlanTableChange(facts, options_.change));
    return Status();
  }

  /// Every row makes the new constraints true; those that come meanwhile are in newer commits,
  /// which then conflict.
  Status CheckRows(Transaction& transaction) {
    transaction.reads().read_whole_table = true;
    transaction.reads().isolation = IsolationLevel::kSerializable;
    RowChecks checks;
    std::set<std::string> names;
    for (const auto& [name, condition] : plan_.checks) {
      checks.AddCondition(name, condition);
      for (const auto& path : ReferencedColumns(*condition)) names.insert(path.front());
    }
    ScanOptions scan_options{.num_threads = options_.num_threads, .cancel = options_.cancel};
    if (!names.empty()) scan_options.columns.emplace(names.begin(), names.end());
    DELTAIC_ASSIGN_OR_RETURN(const auto scan, Scan::Make(snapshot_, std::move(scan_options)));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, scan->Next());
      if (batch == nullptr) return Status();
      DELTAIC_RETURN_IF_ERROR(checks.Check(*batch));
      result_.num_checked_rows += batch->num_rows();
    }
  }

  /// What is in the state of the table, rather than in its definition.
  Status CheckNoTraces() {
    if (plan_.dropped_feature == "domainMetadata") {
      DELTAIC_ASSIGN_OR_RETURN(const auto domains, snapshot_->Domains());
      for (const DomainMetadata& domain : domains) {
        if (domain.removed) continue;
        return Status::InvalidArgument(
            "the feature domainMetadata cannot be dropped: the table has "
            "the domain ",
            domain.domain);
      }
    }
    if (plan_.dropped_feature != "deletionVectors") return Status();
    FileListOptions list{.columns = FileColumns::PathOnly(), .cancel = options_.cancel};
    list.columns.deletion_vector = true;
    DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot_->ListFiles(std::move(list)));
    int64_t num_files = 0;
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
      if (batch == nullptr) break;
      const auto vectors = batch->GetColumnByName("deletionVector");
      num_files += batch->num_rows() - vectors->null_count();
    }
    if (num_files == 0) return Status();
    return Status::InvalidArgument("the feature deletionVectors cannot be dropped: ", num_files,
                                   " files have deletion vectors; purge them first (deltaic "
                                   "optimize)");
  }

  /// The table stops using the feature, and gets checkpoints that do not need it.
  Status PutBarrier() {
    Metadata stops = plan_.definition.metadata;
    for (int i = 0; i <= kBarrierCommits; ++i) {
      const bool is_first = i == 0;
      if (is_first && stops.configuration == snapshot_->metadata().configuration) continue;
      DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
      if (is_first) DELTAIC_RETURN_IF_ERROR(transaction.Stage(stops));
      CommitSpec spec = SpecOf();
      spec.post_commit_checkpoint = false;
      DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
      if (committed.num_retries > 0) {
        return Status::Conflict("another commit came between those of DROP FEATURE ",
                                plan_.dropped_feature, " of ", table_->uri(), "; run it again");
      }
      snapshot_ = committed.snapshot;
      if (!is_first) DELTAIC_RETURN_IF_ERROR(WriteCheckpoint(*snapshot_));
    }
    Protocol& protocol = plan_.definition.protocol;
    protocol = UpgradeProtocol(protocol, {"checkpointProtection"});
    plan_.definition.metadata.configuration[kProtectBefore] =
        std::to_string(snapshot_->version().value + 1);
    return Status();
  }

  Status Stage(Transaction& transaction) {
    if (plan_.is_change) {
      const bool same_protocol = plan_.definition.protocol == snapshot_->protocol();
      const bool same_metadata = plan_.definition.metadata == snapshot_->metadata();
      if (!same_protocol) {
        DELTAIC_RETURN_IF_ERROR(transaction.Stage(plan_.definition.protocol));
      }
      if (!same_metadata || (same_protocol && !plan_.clustering)) {
        DELTAIC_RETURN_IF_ERROR(transaction.Stage(plan_.definition.metadata));
      }
      if (plan_.clustering) {
        DELTAIC_RETURN_IF_ERROR(transaction.Stage(ClusteringDomain(*plan_.clustering)));
      }
    }
    for (const Txn& txn : options_.transactions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
    return Status();
  }

  CommitSpec SpecOf() const {
    CommitSpec spec = options_.commit;
    spec.operation = plan_.operation;
    spec.parameters = plan_.parameters;
    spec.cancel = options_.cancel;
    return spec;
  }

  Status Commit(Transaction transaction, bool alone) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    CommitSpec spec = SpecOf();
    // The version that is protected is this one.
    if (alone) spec.max_retries = 0;
    DELTAIC_ASSIGN_OR_RETURN(CommitResult committed, std::move(transaction).Commit(spec));
    result_.version = committed.version;
    result_.snapshot = std::move(committed.snapshot);
    result_.num_retries = committed.num_retries;
    return Status();
  }

  const std::shared_ptr<Table> table_;
  const AlterOptions& options_;
  SnapshotPtr snapshot_;
  PlannedChange plan_;
  AlterResult result_;
};

}  // namespace

Result<AlterResult> AlterTable(const std::shared_ptr<Table>& table, const AlterOptions& options) {
  return Alteration(table, options).Run();
}

}  // namespace deltaic
