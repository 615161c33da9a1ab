#include "ops/merge/merge.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "data/actions/data_path.h"
#include "data/eval/row_filter.h"
#include "data/values/type_mapping.h"
#include "ops/candidate_files.h"
#include "ops/column_filler.h"
#include "ops/merge/merge_join.h"
#include "ops/merge/merge_plan.h"
#include "ops/merge/source_parts.h"
#include "ops/operation_parameters.h"
#include "ops/row_finder.h"
#include "ops/scan_beside.h"
#include "protocol/json.h"
#include "protocol/schema_json.h"
#include "storage/arrow_status.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

using BatchPtr = std::shared_ptr<arrow::RecordBatch>;
using RowNumbers = std::vector<int64_t>;

/// New rows of a merge are made of so many source rows at a time.
constexpr int64_t kInsertedRowsAtOnce = 256 * 1024;

/// Rows of a batch of the table that a kind of clause is for, each with its source row where it has
/// one.
struct ClauseRows {
  RowNumbers target;
  RowNumbers source;
};

/// One MergeRows call.
class Merge {
 public:
  Merge(std::shared_ptr<Table> table, SnapshotPtr snapshot, const MergeOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {
    result_.change.snapshot = snapshot_;
  }

  Result<MergeResult> Run(arrow::RecordBatchReader& reader) {
    DELTAIC_ASSIGN_OR_RETURN(const SchemaPtr source_schema, FromArrowSchema(*reader.schema()));
    const Session session = WithTime(options_.session, begin_ms_);
    DELTAIC_ASSIGN_OR_RETURN(plan_, PlanMerge(*snapshot_, source_schema, options_, session));
    DELTAIC_ASSIGN_OR_RETURN(filler_, ColumnFiller::Make(plan_.schema, *session.now_micros));
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, plan_.changes_rows()
                                                          ? StartRowChange(table_, snapshot_)
                                                          : Transaction::Start(table_, snapshot_));
    DELTAIC_ASSIGN_OR_RETURN(const auto parts,
                             SourceParts::Read(reader, plan_,
                                               {.memory_bytes = options_.max_source_bytes,
                                                .spill_bytes = options_.max_spill_bytes},
                                               options_.cancel));
    result_.rows.num_source_rows = parts->num_rows();

    RowSinkTarget target = TargetOf(*snapshot_);
    target.files.schema = plan_.schema;
    if (plan_.metadata) target.configuration = plan_.metadata->configuration;
    RowChanges changes(
        snapshot_, std::move(target),
        {.record = ChangeRecord::kGiven, .files = options_.files, .cancel = options_.cancel});
    for (size_t i = 0; i < parts->size(); ++i) {
      DELTAIC_RETURN_IF_ERROR(MergePart(*parts, i, changes));
    }
    DELTAIC_ASSIGN_OR_RETURN(const auto files, FilesOfParts(parts->size()));
    result_.change.scan_time_ms = NowMs() - begin_ms_ - insert_time_ms_;
    if (changes.is_empty() && !plan_.metadata && options_.transactions.empty()) return result_;
    DELTAIC_ASSIGN_OR_RETURN(result_.change.changed, changes.Finish(*files, transaction));
    DELTAIC_RETURN_IF_ERROR(NoteKeptMatches(*files, transaction.reads()));
    const Status committed = Commit(std::move(transaction));
    changes.Settle(committed);
    DELTAIC_RETURN_IF_ERROR(committed);
    return result_;
  }

 private:
  Status MergePart(SourceParts& parts, size_t number, RowChanges& changes) {
    join_.reset();
    part_ = {};
    DELTAIC_ASSIGN_OR_RETURN(part_, parts.Load(number));
    is_matched_.assign(static_cast<size_t>(part_.rows->num_rows()), false);
    DELTAIC_ASSIGN_OR_RETURN(join_, MergeJoin::Make(plan_, part_.rows));
    if (part_.may_match) DELTAIC_RETURN_IF_ERROR(MergeIntoRows(changes));
    const int64_t insert_begin_ms = NowMs();
    DELTAIC_RETURN_IF_ERROR(InsertRows(changes));
    insert_time_ms_ += NowMs() - insert_begin_ms;
    return Status();
  }

  /// All files that were read for any part.
  Result<std::shared_ptr<const CandidateFiles>> FilesOfParts(size_t num_parts) {
    if (num_parts > 1) {
      ExprPtr any = read_predicates_.empty() ? nullptr : read_predicates_.front();
      if (read_predicates_.size() > 1) {
        any = Expr::Call(Function::kOr, read_predicates_, DataType::Primitive(TypeId::kBoolean));
      }
      DELTAIC_ASSIGN_OR_RETURN(
          files_,
          CandidateFiles::List(*snapshot_, reads_whole_table_ ? nullptr : any, options_.cancel));
    }
    result_.rows.num_files_skipped =
        files_->metrics().files_pruned_partition + files_->metrics().files_pruned_stats;
    return files_;
  }

  /// Goes through the table's rows that may match, or all that are the part's where a clause wants
  /// those that do not.
  Status MergeIntoRows(RowChanges& changes) {
    RowSearch search{.columns = plan_.target_columns,
                     .with_row_ids = plan_.changes_rows() && changes.tracks_rows(),
                     .scan = ScanBeside(options_.files, options_.cancel)};
    if (!plan_.reads_all_rows()) {
      DELTAIC_ASSIGN_OR_RETURN(search.predicate, join_->Bounds());
      search.test = join_->Test();
    } else {
      search.test = part_.share;
    }
    if (search.predicate == nullptr) {
      reads_whole_table_ = true;
    } else {
      read_predicates_.push_back(search.predicate);
    }
    DELTAIC_ASSIGN_OR_RETURN(files_,
                             CandidateFiles::List(*snapshot_, search.predicate, options_.cancel));
    DELTAIC_ASSIGN_OR_RETURN(const auto finder,
                             RowFinder::Start(*snapshot_, *files_, std::move(search)));
    while (true) {
      DELTAIC_ASSIGN_OR_RETURN(const std::optional<FoundRows> found, finder->Next());
      if (!found) break;
      DELTAIC_RETURN_IF_ERROR(MergeIntoBatch(*found, changes));
    }
    // Parts read mostly the same files.
    result_.rows.num_files_scanned =
        std::max(result_.rows.num_files_scanned, finder->metrics().files_read);
    return Status();
  }

  int64_t SourceRowNumber(int64_t row) const {
    return part_.numbers == nullptr ? row : part_.numbers->Value(row);
  }

  Status MergeIntoBatch(const FoundRows& found, RowChanges& changes) {
    DELTAIC_ASSIGN_OR_RETURN(RowPairs pairs, join_->Match(*found.rows));
    for (const int64_t row : pairs.source) is_matched_[static_cast<size_t>(row)] = true;
    if (!plan_.changes_rows()) {
      if (!pairs.target.empty()) KeepMatchIn(found);
      return Status();
    }
    DELTAIC_RETURN_IF_ERROR(KeepOneMatch(pairs));
    const auto num_matched = static_cast<int64_t>(pairs.target.size());
    ClauseRows others;
    if (plan_.reads_all_rows()) {
      size_t next = 0;
      for (int64_t row = 0; row < found.rows->num_rows(); ++row) {
        if (next < pairs.target.size() && pairs.target[next] == row) {
          ++next;
        } else {
          others.target.push_back(row);
        }
      }
    }
    MergeCounts& counts = result_.rows;
    const int64_t before = counts.num_matched_updated + counts.num_matched_deleted;
    DELTAIC_RETURN_IF_ERROR(
        ApplyClauses(plan_.matched, {std::move(pairs.target), std::move(pairs.source)}, found,
                     changes, counts.num_matched_updated, counts.num_matched_deleted));
    const int64_t taken = counts.num_matched_updated + counts.num_matched_deleted - before;
    if (taken < num_matched) KeepMatchIn(found);
    return ApplyClauses(plan_.not_matched_by_source, std::move(others), found, changes,
                        counts.num_not_matched_by_source_updated,
                        counts.num_not_matched_by_source_deleted);
  }

  /// A row that matches, and that no clause takes, keeps its source row from being inserted.
  void KeepMatchIn(const FoundRows& found) {
    if (!plan_.not_matched.empty()) files_of_kept_matches_.emplace(found.file_uri);
  }

  /// Once such a row were gone, its source row would have to be inserted: the files that hold them
  /// must stay as they are.
  Status NoteKeptMatches(const CandidateFiles& files, TransactionReads& reads) const {
    if (files_of_kept_matches_.empty()) return Status();
    reads.only_removed_rows_used = false;
    DataFileUris uris(snapshot_->store()->root_uri());
    return files.ForEach([&](const Add& add) -> Status {
      if (files_of_kept_matches_.contains(uris.Of(add.path))) reads.read_files.insert(add.path);
      return Status();
    });
  }

  /// \retval kInvalidArgument  a row of the table has several.
  Status KeepOneMatch(RowPairs& pairs) const {
    size_t kept = 0;
    for (size_t i = 0; i < pairs.target.size(); ++i) {
      if (kept > 0 && pairs.target[kept - 1] == pairs.target[i]) {
        if (!plan_.refuses_several_matches()) continue;
        return Status::InvalidArgument(
            "rows ", SourceRowNumber(pairs.source[kept - 1]), " and ",
            SourceRowNumber(pairs.source[i]),
            " of the source (counted from 0) both match one row of the table by ",
            plan_.on->ToSql(),
            "; which of them to take is not defined: make the source's keys "
            "unique");
      }
      pairs.target[kept] = pairs.target[i];
      pairs.source[kept++] = pairs.source[i];
    }
    pairs.target.resize(kept);
    pairs.source.resize(kept);
    return Status();
  }

  /// Rows of a batch for an expression over the scope.
  Result<BatchPtr> Scope(const BatchPtr& target, const RowNumbers& source_rows,
                         BatchPtr* source) const {
    if (target != nullptr && source_rows.empty()) return ScopeRows(plan_, target.get(), nullptr);
    DELTAIC_ASSIGN_OR_RETURN(*source, TakeRows(join_->source(), source_rows));
    return ScopeRows(plan_, target.get(), source->get());
  }

  /// Gives each row to the first clause whose condition is true.
  Status ApplyClauses(const std::vector<BoundClause>& clauses, ClauseRows left,
                      const FoundRows& found, RowChanges& changes, int64_t& num_updated,
                      int64_t& num_deleted) {
    for (const BoundClause& clause : clauses) {
      if (left.target.empty()) return Status();
      DELTAIC_ASSIGN_OR_RETURN(BatchPtr target, TakeRows(found.rows, left.target));
      BatchPtr source;
      DELTAIC_ASSIGN_OR_RETURN(BatchPtr scope, Scope(target, left.source, &source));
      ClauseRows mine = left;
      if (clause.condition != nullptr) {
        DELTAIC_ASSIGN_OR_RETURN(const auto outcome, EvaluatePredicate(*clause.condition, *scope));
        mine = {};
        ClauseRows others;
        for (size_t i = 0; i < left.target.size(); ++i) {
          const auto at = static_cast<int64_t>(i);
          ClauseRows& rows = outcome->IsValid(at) && outcome->Value(at) ? mine : others;
          rows.target.push_back(left.target[i]);
          if (!left.source.empty()) rows.source.push_back(left.source[i]);
        }
        left = std::move(others);
        if (mine.target.empty()) continue;
        DELTAIC_ASSIGN_OR_RETURN(target, TakeRows(found.rows, mine.target));
        DELTAIC_ASSIGN_OR_RETURN(scope, Scope(target, mine.source, &source));
      } else {
        left = {};
      }
      TakeOut(found, mine.target, changes);
      const auto count = static_cast<int64_t>(mine.target.size());
      if (clause.action == MergeAction::kDelete) {
        num_deleted += count;
        DELTAIC_RETURN_IF_ERROR(changes.Record(target, ChangeType::kDelete));
        continue;
      }
      num_updated += count;
      DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, clause.assignments.Update(*scope, *target));
      DELTAIC_ASSIGN_OR_RETURN(const auto row_ids, RowIdsOf(found, mine.target));
      DELTAIC_RETURN_IF_ERROR(changes.Put(rows, RowOrigin::kComputed, row_ids));
      DELTAIC_RETURN_IF_ERROR(changes.Record(target, ChangeType::kUpdatePreimage));
      DELTAIC_RETURN_IF_ERROR(changes.Record(rows, ChangeType::kUpdatePostimage));
    }
    return Status();
  }

  /// nullptr where the table does not track rows.
  static Result<std::shared_ptr<arrow::Array>> RowIdsOf(const FoundRows& found,
                                                        const RowNumbers& rows) {
    if (found.row_ids == nullptr) return std::shared_ptr<arrow::Array>();
    const auto& ids = static_cast<const arrow::Int64Array&>(*found.row_ids);
    arrow::Int64Builder builder;
    for (const int64_t row : rows) DELTAIC_RETURN_IF_ERROR(builder.Append(ids.Value(row)));
    DELTAIC_ASSIGN_OR_RETURN(auto taken, builder.Finish());
    return taken;
  }

  static void TakeOut(const FoundRows& found, const RowNumbers& rows, RowChanges& changes) {
    std::vector<int64_t> positions;
    positions.reserve(rows.size());
    for (const int64_t row : rows) positions.push_back(found.positions->Value(row));
    changes.Take(found.file_uri, arrow::Int64Array(static_cast<int64_t>(positions.size()),
                                                   arrow::Buffer::Wrap(positions)));
  }

  Status InsertRows(RowChanges& changes) {
    if (plan_.not_matched.empty()) return Status();
    RowNumbers rows;
    for (int64_t row = 0; row < join_->source()->num_rows(); ++row) {
      if (!is_matched_[static_cast<size_t>(row)]) rows.push_back(row);
      if (static_cast<int64_t>(rows.size()) < kInsertedRowsAtOnce) continue;
      DELTAIC_RETURN_IF_ERROR(InsertThese(std::exchange(rows, {}), changes));
    }
    return InsertThese(std::move(rows), changes);
  }

  Status InsertThese(RowNumbers left, RowChanges& changes) {
    for (const BoundClause& clause : plan_.not_matched) {
      if (left.empty()) return Status();
      DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      BatchPtr source;
      DELTAIC_ASSIGN_OR_RETURN(BatchPtr scope, Scope(nullptr, left, &source));
      if (clause.condition != nullptr) {
        DELTAIC_ASSIGN_OR_RETURN(const auto outcome, EvaluatePredicate(*clause.condition, *scope));
        RowNumbers mine;
        RowNumbers others;
        for (size_t i = 0; i < left.size(); ++i) {
          const auto at = static_cast<int64_t>(i);
          (outcome->IsValid(at) && outcome->Value(at) ? mine : others).push_back(left[i]);
        }
        left = std::move(others);
        if (mine.empty()) continue;
        DELTAIC_ASSIGN_OR_RETURN(scope, Scope(nullptr, mine, &source));
      } else {
        left = {};
      }
      DELTAIC_ASSIGN_OR_RETURN(const BatchPtr given, clause.assignments.Insert(*scope));
      // Whole here already, since the change data needs what is computed, too.
      DELTAIC_ASSIGN_OR_RETURN(const BatchPtr rows, filler_->Fill(given));
      result_.rows.num_inserted += rows->num_rows();
      DELTAIC_RETURN_IF_ERROR(changes.Put(rows, RowOrigin::kComputed));
      // A merge that only inserts is told by its files, as an append is.
      if (plan_.changes_rows()) DELTAIC_RETURN_IF_ERROR(changes.Record(rows, ChangeType::kInsert));
    }
    return Status();
  }

  Status Commit(Transaction transaction) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    if (plan_.protocol) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*plan_.protocol));
    if (const SchemaPtr advanced = filler_->AdvancedSchema()) {
      if (!plan_.metadata) plan_.metadata = snapshot_->metadata();
      plan_.metadata->schema_string = FormatSchema(*advanced);
    }
    if (plan_.metadata) DELTAIC_RETURN_IF_ERROR(transaction.Stage(*plan_.metadata));
    if (reads_whole_table_) {
      transaction.reads().read_whole_table = true;
    } else {
      transaction.reads().read_predicates = read_predicates_;
    }
    result_.change.execution_time_ms = NowMs() - begin_ms_;
    CommitSpec spec = options_.commit;
    spec.operation = "MERGE";
    spec.parameters = Parameters();
    spec.metrics = MetricTexts(MergeMetrics());
    return CommitRowChange(std::move(transaction), options_.transactions, spec, begin_ms_,
                           result_.change);
  }

  std::vector<std::pair<std::string, std::string>> Parameters() const {
    return {{"predicate", JsonListAsText({plan_.on->ToSql()})},
            {"matchedPredicates", ClauseList(plan_.matched)},
            {"notMatchedPredicates", ClauseList(plan_.not_matched)},
            {"notMatchedBySourcePredicates", ClauseList(plan_.not_matched_by_source)}};
  }

  static std::string ClauseList(const std::vector<BoundClause>& clauses) {
    JsonWriter json;
    json.BeginArray();
    for (const BoundClause& clause : clauses) {
      json.BeginObject();
      if (clause.condition != nullptr) json.Key("predicate").String(clause.condition->ToSql());
      json.Key("actionType");
      json.String(clause.action == MergeAction::kUpdate   ? "update"
                  : clause.action == MergeAction::kDelete ? "delete"
                                                          : "insert");
      json.EndObject();
    }
    json.EndArray();
    return JsonText(json.str());
  }

  Metrics MergeMetrics() const {
    const MergeCounts& rows = result_.rows;
    const RowChangeCounts& changed = result_.change.changed;
    return {{"numSourceRows", rows.num_source_rows},
            {"numTargetRowsInserted", rows.num_inserted},
            {"numTargetRowsCopied", changed.num_copied_rows},
            {"numTargetRowsUpdated", rows.num_updated()},
            {"numTargetRowsMatchedUpdated", rows.num_matched_updated},
            {"numTargetRowsNotMatchedBySourceUpdated", rows.num_not_matched_by_source_updated},
            {"numTargetRowsDeleted", rows.num_deleted()},
            {"numTargetRowsMatchedDeleted", rows.num_matched_deleted},
            {"numTargetRowsNotMatchedBySourceDeleted", rows.num_not_matched_by_source_deleted},
            {"numOutputRows", changed.num_put_rows + changed.num_copied_rows},
            {"numTargetFilesAdded", changed.num_added_files},
            {"numTargetFilesRemoved", changed.num_removed_files},
            {"numTargetBytesAdded", changed.num_added_bytes},
            {"numTargetBytesRemoved", changed.num_removed_bytes},
            {"numTargetChangeFilesAdded", changed.num_change_files},
            {"numTargetDeletionVectorsAdded", changed.num_vectors_added},
            {"numTargetDeletionVectorsRemoved", changed.num_vectors_removed},
            {"numTargetDeletionVectorsUpdated", changed.num_vectors_updated},
            {"executionTimeMs", result_.change.execution_time_ms},
            {"scanTimeMs", result_.change.scan_time_ms},
            {"rewriteTimeMs", changed.rewrite_time_ms}};
  }

  const std::shared_ptr<Table> table_;
  const SnapshotPtr snapshot_;
  const MergeOptions& options_;
  const int64_t begin_ms_ = NowMs();
  MergePlan plan_;
  SourcePart part_;
  std::unique_ptr<const MergeJoin> join_;  ///< with the part
  std::optional<ColumnFiller> filler_;
  std::set<std::string, std::less<>> files_of_kept_matches_;  ///< by URI
  std::vector<bool>
      is_matched_;  ///< of each row of the part, whether ON is true with any target row
  std::shared_ptr<const CandidateFiles> files_;  ///< of the last part
  std::vector<ExprPtr> read_predicates_;         ///< of the rows that were read for each part
  bool reads_whole_table_ = false;               ///< those are not all
  int64_t insert_time_ms_ = 0;
  MergeResult result_;
};

}  // namespace

Result<MergeResult> MergeRows(const std::shared_ptr<Table>& table, SnapshotPtr base,
                              arrow::RecordBatchReader& source, const MergeOptions& options) {
  if (base == nullptr) {
    DELTAIC_ASSIGN_OR_RETURN(base, table->Load());
  }
  return Merge(table, std::move(base), options).Run(source);
}

}  // namespace deltaic
