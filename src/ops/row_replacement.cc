#include "ops/row_replacement.h"

#include <arrow/record_batch.h>

#include <utility>

#include "ops/candidate_files.h"
#include "ops/row_finder.h"
#include "ops/scan_beside.h"
#include "storage/arrow_status.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

RowSinkTarget TargetFor(const Snapshot& snapshot, const WritePlan& plan) {
  RowSinkTarget target = TargetOf(snapshot);
  target.files.schema = plan.schema;
  target.condition = plan.replace_where;
  return target;
}

}  // namespace

RowReplacement::RowReplacement(SnapshotPtr snapshot, const WritePlan& plan,
                               const WriteOptions& options)
    : snapshot_(std::move(snapshot)),
      plan_(plan),
      options_(options),
      changes_(snapshot_, TargetFor(*snapshot_, plan),
               {.files = options.files, .cancel = options.cancel}) {}

Result<ReplacedRows> RowReplacement::Run(arrow::RecordBatchReader& input,
                                         Transaction& transaction) {
  DELTAIC_ASSIGN_OR_RETURN(filler_, ColumnFiller::Make(plan_.schema, NowMs() * 1000));
  DELTAIC_ASSIGN_OR_RETURN(
      const auto files,
      CandidateFiles::List(*snapshot_, plan_.replaced_predicate, options_.cancel));
  DELTAIC_RETURN_IF_ERROR(TakeRows(*files));
  DELTAIC_RETURN_IF_ERROR(PutRows(input));
  transaction.reads().read_predicates.push_back(plan_.replaced_predicate);
  ReplacedRows out;
  DELTAIC_ASSIGN_OR_RETURN(out.changed, changes_.Finish(*files, transaction));
  out.advanced_schema = filler_->AdvancedSchema();
  return out;
}

Status RowReplacement::TakeRows(const CandidateFiles& files) {
  DELTAIC_ASSIGN_OR_RETURN(const auto finder,
                           RowFinder::Start(*snapshot_, files,
                                            {.predicate = plan_.replaced_predicate,
                                             .scan = ScanBeside(options_.files, options_.cancel)}));
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const std::optional<FoundRows> found, finder->Next());
    if (!found) return Status();
    changes_.Take(found->file_uri, *found->positions);
  }
}

Status RowReplacement::PutRows(arrow::RecordBatchReader& input) {
  // A commit with change data tells all of its changes by it.
  const bool records = changes_.will_record_taken();
  while (true) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, input.Next());
    if (batch == nullptr) return Status();
    if (batch->num_rows() == 0) continue;
    DELTAIC_ASSIGN_OR_RETURN(const auto rows, filler_->Fill(batch));
    DELTAIC_RETURN_IF_ERROR(changes_.Put(rows, RowOrigin::kComputed));
    if (records) DELTAIC_RETURN_IF_ERROR(changes_.Record(rows, ChangeType::kInsert));
  }
}

}  // namespace deltaic
