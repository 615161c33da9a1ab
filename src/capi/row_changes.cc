#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/made_once.h"
#include "capi/auto_compact_option.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/predicate_option.h"
#include "capi/table.h"
#include "capi/write_options.h"
#include "expr/parser.h"
#include "ops/delete.h"
#include "ops/merge/merge.h"
#include "ops/update.h"
#include "storage/arrow_status.h"

struct deltaic_merge {
  std::vector<deltaic::MergeClause> clauses;
};

namespace deltaic::capi {
namespace {

/// "set.COLUMN": the column as SQL names it, and what it gets.
Result<Assignment> ReadAssignment(const GivenOption& given) {
  DELTAIC_ASSIGN_OR_RETURN(const ExprPtr column, ParsePredicate(given.name));
  if (column->kind() != ExprKind::kColumn) {
    return Status::InvalidArgument("option ", given.key, ": ", given.name,
                                   " is not the name of a column; put names with other characters "
                                   "in backticks");
  }
  auto value = ParsePredicate(given.values.back());
  if (!value.ok()) return value.status().WithContext(Concat("option ", given.key));
  return Assignment{column->path(), *std::move(value)};
}

template <typename T>
OptionTable<T>& AddAssignments(OptionTable<T>& table) {
  return table.Custom("set.COLUMN", "SQL", "what the column gets; of a member of a struct: set.a.b",
                      [](const GivenOption& given, T& out) -> Status {
                        DELTAIC_ASSIGN_OR_RETURN(auto assignment, ReadAssignment(given));
                        out.assignments.push_back(std::move(assignment));
                        return Status();
                      });
}

const OptionTable<CompactedCall<DeleteOptions>>& DeleteTable() {
  return MadeOnce([] {
    OptionTable<DeleteOptions> out("deltaic_table_delete");
    AddTransactionOption(AddPredicateOption(out, "the rows to delete; default: all"))
        .Include(CommitOptionTable(), &DeleteOptions::commit)
        .Include(DataFileOptionTable(), &DeleteOptions::files);
    return WithAutoCompact("deltaic_table_delete", out);
  });
}

const OptionTable<CompactedCall<UpdateOptions>>& UpdateTable() {
  return MadeOnce([] {
    OptionTable<UpdateOptions> out("deltaic_table_update");
    AddTransactionOption(
        AddAssignments(AddPredicateOption(out, "the rows to change; default: all")))
        .Include(CommitOptionTable(), &UpdateOptions::commit)
        .Include(DataFileOptionTable(), &UpdateOptions::files);
    return WithAutoCompact("deltaic_table_update", out);
  });
}

const OptionTable<MergeClause>& ClauseTable() {
  return MadeOnce([] {
    OptionTable<MergeClause> out("deltaic_merge_add_clause");
    out.Choice("when", &MergeClause::when,
               {{"matched", MergeWhen::kMatched},
                {"not_matched", MergeWhen::kNotMatched},
                {"not_matched_by_source", MergeWhen::kNotMatchedBySource}},
               "which rows it is for; default matched")
        .Choice("then", &MergeClause::action,
                {{"update", MergeAction::kUpdate},
                 {"delete", MergeAction::kDelete},
                 {"insert", MergeAction::kInsert}},
                "insert goes with not_matched, and it alone; default update")
        .Custom("condition", "SQL", "which of those; default: all",
                [](const GivenOption& given, MergeClause& clause) -> Status {
                  DELTAIC_ASSIGN_OR_RETURN(clause.condition, ParsePredicate(given.values.back()));
                  return Status();
                })
        .Flag("all_columns", &MergeClause::all_columns,
              "instead of set.COLUMN: every column gets the source's of its name")
        .List("except_columns", &MergeClause::except_columns, "that all_columns leaves out")
        .Flag("skip_missing", &MergeClause::skip_missing,
              "true: all_columns leaves out columns that the source lacks; default false: they are "
              "an error");
    return AddAssignments(out);
  });
}

const OptionTable<CompactedCall<MergeOptions>>& MergeTable() {
  return MadeOnce([] {
    OptionTable<MergeOptions> out("deltaic_table_merge");
    out.Custom("on", "SQL", "which rows match; columns that both sides have are named by alias",
               [](const GivenOption& given, MergeOptions& merge) -> Status {
                 DELTAIC_ASSIGN_OR_RETURN(merge.on, ParsePredicate(given.values.back()));
                 return Status();
               })
        .Custom("timezone", "zone", "of texts, dates and parts of timestamps; default UTC",
                [](const GivenOption& given, MergeOptions& merge) -> Status {
                  DELTAIC_ASSIGN_OR_RETURN(merge.session.zone, FindTimeZone(given.values.back()));
                  return Status();
                })
        .Text("target_alias", &MergeOptions::target_alias, "of the table; default target")
        .Text("source_alias", &MergeOptions::source_alias, "default source")
        .Flag("merge_schema", &MergeOptions::merge_schema,
              "true: columns that are assigned and only the source has are added to the table")
        .Number("max_source_bytes", &MergeOptions::max_source_bytes, 0,
                "of the source in memory at once; the rest waits in temporary files, and the table "
                "is gone through once for each part; 0 (default): a quarter of the machine's")
        .Number("max_spill_bytes", &MergeOptions::max_spill_bytes, 0,
                "of such temporary files; 0 (default): any");
    AddTransactionOption(out)
        .Include(CommitOptionTable(), &MergeOptions::commit)
        .Include(DataFileOptionTable(), &MergeOptions::files);
    return WithAutoCompact("deltaic_table_merge", out);
  });
}

/// \param rows  the key of the rows: "numDeletedRows".
JsonTable<RowChangeResult> RowChangeJson(std::string_view rows) {
  using Changed = RowChangeCounts;
  const auto of = [](int64_t Changed::* count) {
    return [count](const RowChangeResult& result) { return result.changed.*count; };
  };
  JsonTable<RowChangeResult> table;
  table.Key("version", &RowChangeResult::version, "null where nothing was to do")
      .Key(
          rows,
          [](const RowChangeResult& result) {
            return result.rows_are_counted ? std::optional(result.changed.num_taken_rows)
                                           : std::nullopt;
          },
          "null where whole files went that nobody counted")
      .Key("numCopiedRows", of(&Changed::num_copied_rows))
      .Key("numAddedFiles", of(&Changed::num_added_files))
      .Key("numRemovedFiles", of(&Changed::num_removed_files))
      .Key("numAddedBytes", of(&Changed::num_added_bytes))
      .Key("numRemovedBytes", of(&Changed::num_removed_bytes))
      .Key("numDeletionVectorsAdded", of(&Changed::num_vectors_added))
      .Key("numDeletionVectorsRemoved", of(&Changed::num_vectors_removed))
      .Key("numDeletionVectorsUpdated", of(&Changed::num_vectors_updated))
      .Key("numAddedChangeFiles", of(&Changed::num_change_files))
      .Key("executionTimeMs", &RowChangeResult::execution_time_ms)
      .Key("scanTimeMs", &RowChangeResult::scan_time_ms)
      .Key("rewriteTimeMs", of(&Changed::rewrite_time_ms))
      .Key("numRetries", &RowChangeResult::num_retries);
  return table;
}

const JsonTable<RowChangeResult>& DeleteJson() {
  return MadeOnce([] { return RowChangeJson("numDeletedRows"); });
}

const JsonTable<RowChangeResult>& UpdateJson() {
  return MadeOnce([] { return RowChangeJson("numUpdatedRows"); });
}

const JsonTable<MergeResult>& MergeJson() {
  return MadeOnce([] {
    const auto rows = [](auto count) {
      return [count](const MergeResult& result) { return std::invoke(count, result.rows); };
    };
    const auto changed = [](int64_t RowChangeCounts::* count) {
      return [count](const MergeResult& result) { return result.change.changed.*count; };
    };
    using Rows = MergeCounts;
    using Changed = RowChangeCounts;
    JsonTable<MergeResult> out;
    out.Key(
           "version", [](const MergeResult& result) { return result.change.version; },
           "null where nothing was to do")
        .Key("numSourceRows", rows(&Rows::num_source_rows))
        .Key("numTargetRowsInserted", rows(&Rows::num_inserted))
        .Key("numTargetRowsUpdated", rows(&Rows::num_updated))
        .Key("numTargetRowsMatchedUpdated", rows(&Rows::num_matched_updated))
        .Key("numTargetRowsNotMatchedBySourceUpdated",
             rows(&Rows::num_not_matched_by_source_updated))
        .Key("numTargetRowsDeleted", rows(&Rows::num_deleted))
        .Key("numTargetRowsMatchedDeleted", rows(&Rows::num_matched_deleted))
        .Key("numTargetRowsNotMatchedBySourceDeleted",
             rows(&Rows::num_not_matched_by_source_deleted))
        .Key("numTargetRowsCopied", changed(&Changed::num_copied_rows))
        .Key("numOutputRows",
             [](const MergeResult& result) {
               return result.change.changed.num_put_rows + result.change.changed.num_copied_rows;
             })
        .Key("numTargetFilesScanned", rows(&Rows::num_files_scanned))
        .Key("numTargetFilesSkipped", rows(&Rows::num_files_skipped))
        .Key("numTargetFilesAdded", changed(&Changed::num_added_files))
        .Key("numTargetFilesRemoved", changed(&Changed::num_removed_files))
        .Key("numTargetBytesAdded", changed(&Changed::num_added_bytes))
        .Key("numTargetBytesRemoved", changed(&Changed::num_removed_bytes))
        .Key("numTargetChangeFilesAdded", changed(&Changed::num_change_files))
        .Key("numTargetDeletionVectorsAdded", changed(&Changed::num_vectors_added))
        .Key("numTargetDeletionVectorsRemoved", changed(&Changed::num_vectors_removed))
        .Key("numTargetDeletionVectorsUpdated", changed(&Changed::num_vectors_updated))
        .Key("executionTimeMs",
             [](const MergeResult& result) { return result.change.execution_time_ms; })
        .Key("scanTimeMs", [](const MergeResult& result) { return result.change.scan_time_ms; })
        .Key("rewriteTimeMs", changed(&Changed::rewrite_time_ms))
        .Key("numRetries", [](const MergeResult& result) { return result.change.num_retries; });
    return out;
  });
}

void HandOut(std::string json, char** out) {
  if (out != nullptr) *out = NewString(json);
}

}  // namespace

std::vector<CallDoc> RowChangeCalls() {
  return {{"deltaic_table_delete", DeleteTable().docs(), DeleteJson().docs()},
          {"deltaic_table_update", UpdateTable().docs(), UpdateJson().docs()},
          {"deltaic_merge_add_clause", ClauseTable().docs(), {}},
          {"deltaic_table_merge", MergeTable().docs(), MergeJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::AsStatus;
using deltaic::Status;
using deltaic::capi::CancellationOf;
using deltaic::capi::Guard;
using deltaic::capi::HandOut;
using deltaic::capi::LoadCompacted;
using deltaic::capi::RequireNotNull;

extern "C" {

deltaic_status deltaic_table_delete(deltaic_table* table, const deltaic_options* options,
                                    char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::DeleteTable().Read(options));
    call.call.cancel = CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result,
                             deltaic::DeleteRows(table->table, table->loaded.Get(), call.call));
    LoadCompacted(table, call, result.snapshot, result.version, call.call.files.num_threads);
    HandOut(deltaic::capi::DeleteJson().Format(result), metrics_json);
    return Status::Ok();
  });
}

deltaic_status deltaic_table_update(deltaic_table* table, const deltaic_options* options,
                                    char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::UpdateTable().Read(options));
    call.call.cancel = CancellationOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result,
                             deltaic::UpdateRows(table->table, table->loaded.Get(), call.call));
    LoadCompacted(table, call, result.snapshot, result.version, call.call.files.num_threads);
    HandOut(deltaic::capi::UpdateJson().Format(result), metrics_json);
    return Status::Ok();
  });
}

deltaic_merge* deltaic_merge_new(void) { return new deltaic_merge(); }

void deltaic_merge_free(deltaic_merge* merge) { delete merge; }

deltaic_status deltaic_merge_add_clause(deltaic_merge* merge, const deltaic_options* options,
                                        deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("merge", merge));
    DELTAIC_ASSIGN_OR_RETURN(auto clause, deltaic::capi::ClauseTable().Read(options));
    merge->clauses.push_back(std::move(clause));
    return Status::Ok();
  });
}

deltaic_status deltaic_table_merge(deltaic_table* table, struct ArrowArrayStream* source,
                                   const deltaic_merge* merge, const deltaic_options* options,
                                   char** metrics_json, deltaic_error** error) {
  const deltaic_status status = Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(RequireNotNull("table, source and merge", table, source, merge));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::MergeTable().Read(options));
    call.call.cancel = CancellationOf(options);
    call.call.clauses = merge->clauses;
    DELTAIC_ASSIGN_OR_RETURN(const std::shared_ptr<arrow::RecordBatchReader> rows,
                             arrow::ImportRecordBatchReader(source));
    DELTAIC_ASSIGN_OR_RETURN(
        const auto result, deltaic::MergeRows(table->table, table->loaded.Get(), *rows, call.call));
    LoadCompacted(table, call, result.change.snapshot, result.change.version,
                  call.call.files.num_threads);
    HandOut(deltaic::capi::MergeJson().Format(result), metrics_json);
    return Status::Ok();
  });
  if (source != nullptr && source->release != nullptr) source->release(source);
  return status;
}

}  // extern "C"
