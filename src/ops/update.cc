#include "ops/update.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <utility>

#include "expr/bind.h"
#include "ops/candidate_files.h"
#include "ops/operation_parameters.h"
#include "ops/row_finder.h"
#include "ops/scan_beside.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

/// One UpdateRows call.
class RowUpdate {
 public:
  RowUpdate(std::shared_ptr<Table> table, SnapshotPtr snapshot, const UpdateOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {
    result_.snapshot = snapshot_;
  }

  Result<RowChangeResult> Run() {
    DELTAIC_RETURN_IF_ERROR(Bind());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, StartRowChange(table_, snapshot_));
    DELTAIC_ASSIGN_OR_RETURN(const auto files,
                             CandidateFiles::List(*snapshot_, predicate_, options_.cancel));
    DELTAIC_ASSIGN_OR_RETURN(const auto patch, MakePatch());
    RowChanges changes(snapshot_, TargetOf(*snapshot_),
                       {.record = ChangeRecord::kGiven,
                        .files = options_.files,
                        .patch = patch,
                        .cancel = options_.cancel});
    DELTAIC_RETURN_IF_ERROR(ChangeRows(*files, changes));
    if (changes.is_empty() && options_.transactions.empty()) return result_;
    DELTAIC_ASSIGN_OR_RETURN(result_.changed, changes.Finish(*files, transaction));
    const Status committed = Commit(std::move(transaction));
    changes.Settle(committed);
    DELTAIC_RETURN_IF_ERROR(committed);
    return result_;
  }

 private:
  Status Bind() {
    if (options_.assignments.empty())
      return Status::InvalidArgument("an update assigns no column; give at least one");
    const Session session = WithTime(options_.session, begin_ms_);
    const Schema& schema = *snapshot_->schema();
    if (options_.predicate != nullptr) {
      DELTAIC_ASSIGN_OR_RETURN(predicate_, BindPredicate(options_.predicate, schema, session));
    }
    DELTAIC_ASSIGN_OR_RETURN(assignments_, RowAssignments::Bind(options_.assignments, schema,
                                                                snapshot_->schema(), session));
    return Status();
  }

  /// \return nullptr where rows move to another partition, so to another file.
  Result<std::shared_ptr<const RowPatch>> MakePatch() const {
    for (const std::string& name : assignments_.changed_columns()) {
      if (std::ranges::find(snapshot_->metadata().partition_columns, name) !=
          snapshot_->metadata().partition_columns.end()) {
        return std::shared_ptr<const RowPatch>();
      }
    }
    DELTAIC_ASSIGN_OR_RETURN(RowPatch patch, RowPatch::Make(*snapshot_, assignments_));
    return std::make_shared<const RowPatch>(std::move(patch));
  }

  Status ChangeRows(const CandidateFiles& files, RowChanges& changes) {
    RowSearch search{.predicate = predicate_,
                     .with_row_ids = changes.tracks_rows(),
                     .scan = ScanBeside(options_.files, options_.cancel)};
    const bool patches = changes.can_patch();
    if (!patches) {
      for (const StructField& field : snapshot_->schema()->fields())
        search.columns.push_back(field.name);
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto finder,
                             RowFinder::Start(*snapshot_, files, std::move(search)));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const std::optional<FoundRows> found, finder->Next());
      if (!found) break;
      if (patches) {
        changes.Patch(found->file_uri, *found->positions);
        continue;
      }
      DELTAIC_ASSIGN_OR_RETURN(const auto rows, assignments_.Update(*found->rows, *found->rows));
      changes.Take(found->file_uri, *found->positions);
      DELTAIC_RETURN_IF_ERROR(changes.Put(rows, RowOrigin::kComputed, found->row_ids));
      if (!changes.records()) continue;
      DELTAIC_RETURN_IF_ERROR(changes.Record(found->rows, ChangeType::kUpdatePreimage));
      DELTAIC_RETURN_IF_ERROR(changes.Record(rows, ChangeType::kUpdatePostimage));
    }
    result_.scan_time_ms = NowMs() - begin_ms_;
    return Status();
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
    spec.operation = "UPDATE";
    std::vector<std::string> predicates;
    if (predicate_ != nullptr) predicates.push_back(predicate_->ToSql());
    spec.parameters = {{"predicate", JsonListAsText(predicates)}};
    spec.metrics = MetricTexts(RowChangeMetrics(result_, "numUpdatedRows"));
    return CommitRowChange(std::move(transaction), options_.transactions, spec, begin_ms_, result_);
  }

  const std::shared_ptr<Table> table_;
  const SnapshotPtr snapshot_;
  const UpdateOptions& options_;
  const int64_t begin_ms_ = NowMs();
  ExprPtr predicate_;  ///< bound
  RowAssignments assignments_;
  RowChangeResult result_;
};

}  // namespace

Result<RowChangeResult> UpdateRows(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                   const UpdateOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, table->Load());
  }
  return RowUpdate(table, std::move(base), options).Run();
}

}  // namespace deltaic
