#include "ops/delete.h"

#include <arrow/array.h>

#include <utility>

#include "expr/bind.h"
#include "ops/candidate_files.h"
#include "ops/operation_parameters.h"
#include "ops/partition_match.h"
#include "ops/remove_files.h"
#include "ops/row_change_support.h"
#include "ops/row_changes.h"
#include "ops/row_finder.h"
#include "ops/scan_beside.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

/// One DeleteRows call.
class Deletion {
 public:
  Deletion(std::shared_ptr<Table> table, SnapshotPtr snapshot, const DeleteOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {
    result_.snapshot = snapshot_;
  }

  Result<RowChangeResult> Run() {
    DELTAIC_RETURN_IF_ERROR(Bind());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, StartRowChange(table_, snapshot_));
    if (predicate_ == nullptr ||
        NamesPartitionsOnly(*predicate_, snapshot_->metadata().partition_columns)) {
      return DeleteFiles(std::move(transaction));
    }
    return DeleteFoundRows(std::move(transaction));
  }

 private:
  Status Bind() {
    if (options_.predicate == nullptr) return Status();
    DELTAIC_ASSIGN_OR_RETURN(predicate_, BindPredicate(options_.predicate, *snapshot_->schema(),
                                                       WithTime(options_.session, begin_ms_)));
    return Status();
  }

  Result<RowChangeResult> DeleteFiles(Transaction transaction) {
    DELTAIC_ASSIGN_OR_RETURN(
        const auto files,
        snapshot_->ListFiles(FileListOptions{.predicate = predicate_, .cancel = options_.cancel}));
    std::optional<PartitionMatch> match;
    if (predicate_ != nullptr) match.emplace(predicate_, *snapshot_);
    RowChangeCounts& changed = result_.changed;
    DELTAIC_ASSIGN_OR_RETURN(
        const RemovedFiles removed,
        StageRemovals(*files, begin_ms_, transaction, [&](const Add& add) -> Result<bool> {
          if (match) {
            DELTAIC_ASSIGN_OR_RETURN(const bool wanted, match->Matches(add.partition_values));
            if (!wanted) return false;
          }
          const std::optional<int64_t> rows = CountLiveRows(add, *snapshot_->schema());
          result_.rows_are_counted = result_.rows_are_counted && rows.has_value();
          changed.num_taken_rows += rows.value_or(0);
          changed.num_vectors_removed += add.deletion_vector ? 1 : 0;
          return true;
        }));
    changed.num_removed_files = removed.num_files;
    changed.num_removed_bytes = removed.num_bytes;
    if (removed.num_files > 0 || !options_.transactions.empty())
      DELTAIC_RETURN_IF_ERROR(Commit(std::move(transaction)));
    return result_;
  }

  Result<RowChangeResult> DeleteFoundRows(Transaction transaction) {
    DELTAIC_ASSIGN_OR_RETURN(const auto files,
                             CandidateFiles::List(*snapshot_, predicate_, options_.cancel));
    RowChanges changes(snapshot_, TargetOf(*snapshot_),
                       {.files = options_.files, .cancel = options_.cancel});
    DELTAIC_ASSIGN_OR_RETURN(
        const auto finder, RowFinder::Start(*snapshot_, *files,
                                            {.predicate = predicate_,
                                             .scan = ScanBeside(options_.files, options_.cancel)}));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const std::optional<FoundRows> found, finder->Next());
      if (!found) break;
      changes.Take(found->file_uri, *found->positions);
    }
    result_.scan_time_ms = NowMs() - begin_ms_;
    if (changes.is_empty() && options_.transactions.empty()) return result_;
    DELTAIC_ASSIGN_OR_RETURN(result_.changed, changes.Finish(*files, transaction));
    const Status committed = Commit(std::move(transaction));
    changes.Settle(committed);
    DELTAIC_RETURN_IF_ERROR(committed);
    return result_;
  }

  Status Commit(Transaction transaction) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    if (predicate_ == nullptr) {
      transaction.reads().read_whole_table = true;
    } else {
      transaction.reads().read_predicates.push_back(predicate_);
    }
    result_.execution_time_ms = NowMs() - begin_ms_;
    CommitSpec spec = options_.commit;
    spec.operation = "DELETE";
    std::vector<std::string> predicates;
    if (predicate_ != nullptr) predicates.push_back(predicate_->ToSql());
    spec.parameters = {{"predicate", JsonListAsText(predicates)}};
    spec.metrics = MetricTexts(RowChangeMetrics(result_, "numDeletedRows"));
    return CommitRowChange(std::move(transaction), options_.transactions, spec, begin_ms_, result_);
  }

  const std::shared_ptr<Table> table_;
  const SnapshotPtr snapshot_;
  const DeleteOptions& options_;
  const int64_t begin_ms_ = NowMs();
  ExprPtr predicate_;  ///< bound
  RowChangeResult result_;
};

}  // namespace

Result<RowChangeResult> DeleteRows(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                   const DeleteOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, table->Load());
  }
  return Deletion(table, std::move(base), options).Run();
}

}  // namespace deltaic
