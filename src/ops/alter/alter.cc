#include "ops/alter/alter.h"

#include <arrow/record_batch.h>

#include <set>
#include <utility>

#include "ops/alter/feature_removal.h"
#include "ops/clustering.h"
#include "ops/row_checks.h"
#include "scan/scan.h"

namespace deltaic {
namespace {

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
    if (!plan_.dropped_feature.empty()) {
      return RemoveFeature(table_, snapshot_, std::move(plan_), options_);
    }
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    if (!plan_.checks.empty()) DELTAIC_RETURN_IF_ERROR(CheckRows(transaction));
    DELTAIC_RETURN_IF_ERROR(Stage(transaction));
    DELTAIC_RETURN_IF_ERROR(Commit(std::move(transaction)));
    return std::move(result_);
  }

 private:
  Status Plan() {
    DELTAIC_ASSIGN_OR_RETURN(const TableFacts facts, TableFactsOf(*snapshot_));
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

  Status Commit(Transaction transaction) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    const CommitSpec spec = SpecOf();
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

Result<TableFacts> TableFactsOf(const Snapshot& snapshot) {
  TableFacts facts{.definition = {snapshot.metadata(), snapshot.protocol()}, .clustering = {}};
  DELTAIC_ASSIGN_OR_RETURN(facts.clustering, ClusteringColumnsOf(snapshot));
  return facts;
}

Result<AlterResult> AlterTable(const std::shared_ptr<Table>& table, const AlterOptions& options) {
  return Alteration(table, options).Run();
}

}  // namespace deltaic
