#include "ops/optimize/optimize.h"

#include <utility>

#include "base/made_once.h"
#include "capi/calls.h"
#include "capi/error.h"
#include "capi/predicate_option.h"
#include "capi/table.h"
#include "capi/write_options.h"

namespace deltaic::capi {
namespace {

const OptionTable<OptimizeOptions>& OptimizeOptionTable() {
  return MadeOnce([] {
    OptionTable<OptimizeOptions> out("deltaic_table_optimize");
    out.Choice(
        "kind", &OptimizeOptions::kind,
        {{"compact", OptimizeKind::kCompact},
         {"zorder", OptimizeKind::kZOrder},
         {"purge", OptimizeKind::kPurge}},
        "compact: small files become large ones, and clustered tables are clustered; zorder: "
        "rows with near values of zorder_columns come into the same files; purge: files that have "
        "a deletion vector "
        "are written without the deleted rows; default compact");
    AddPredicateOption(out, "which partitions; default: all")
        .List("zorder_columns", &OptimizeOptions::columns, "of kind zorder; a.b is a member")
        .Flag("full", &OptimizeOptions::full,
              "true: of a clustered table, files clustered by other columns are taken too; default "
              "false")
        .Number("min_cube_bytes", &OptimizeOptions::min_cube_bytes, 0,
                "of a clustered table: larger cubes are left alone; 0 (default): 107374182400")
        .Number("max_spill_bytes", &OptimizeOptions::max_spill_bytes, 0,
                "of temporary files, where rows that are sorted exceed memory; 0 (default): any")
        .Number("min_file_size_bytes", &OptimizeOptions::min_file_size_bytes, 0,
                "smaller files are rewritten; 0 (default): the target size")
        .Number("max_concurrent_tasks", &OptimizeOptions::max_concurrent_tasks, 0,
                "groups of files written at once; 0 (default): one a thread")
        .Number("min_commit_interval_ms", &OptimizeOptions::min_commit_interval_ms, 0,
                "what is done is committed once so much time has passed; default: all of it in one "
                "commit")
        .Flag("plan_only", &OptimizeOptions::plan_only, "true: nothing is written; default false")
        .Include(CommitOptionTable(), &OptimizeOptions::commit)
        .Include(DataFileOptionTable(), &OptimizeOptions::files);
    return out;
  });
}

void WriteSizes(JsonWriter& out, const FileSizes& sizes) {
  const double average = sizes.num_files == 0 ? 0
                                              : static_cast<double>(sizes.total_bytes) /
                                                    static_cast<double>(sizes.num_files);
  out.BeginObject().Key("avg").Double(average).Key("max").Int(sizes.max_bytes);
  out.Key("min").Int(sizes.min_bytes).Key("totalFiles").Int(sizes.num_files);
  out.Key("totalSize").Int(sizes.total_bytes).EndObject();
}

void WritePlan(JsonWriter& out, const OptimizeResult& result) {
  out.BeginArray();
  for (const PlannedGroup& group : result.plan) {
    out.BeginObject().Key("partition").String(group.partition);
    out.Key("numFiles").Int(group.num_files).Key("numBytes").Int(group.num_bytes);
    out.Key("numRows").Int(group.num_rows).EndObject();
  }
  out.EndArray();
}

/// The names are deltalake's where it has them.
const JsonTable<OptimizeResult>& OptimizeJson() {
  return MadeOnce([] {
    using Counts = RearrangementCounts;
    const auto done = [](int64_t Counts::* count) {
      return [count](const OptimizeResult& result) { return result.done.*count; };
    };
    JsonTable<OptimizeResult> out;
    out.Key("version", &OptimizeResult::version, "of the last commit; null where nothing was to do")
        .Key("numFilesAdded",
             [](const OptimizeResult& result) { return result.done.added.num_files; })
        .Key("numFilesRemoved",
             [](const OptimizeResult& result) { return result.done.removed.num_files; })
        .Custom("filesAdded", "{avg, max, min, totalFiles, totalSize}, in bytes",
                [](JsonWriter& json, const OptimizeResult& result) {
                  WriteSizes(json, result.done.added);
                })
        .Custom("filesRemoved", "the same",
                [](JsonWriter& json, const OptimizeResult& result) {
                  WriteSizes(json, result.done.removed);
                })
        .Key("partitionsOptimized", done(&Counts::num_partitions))
        .Key("numBatches", done(&Counts::num_batches), "of rows")
        .Key("totalConsideredFiles", &OptimizeResult::num_considered)
        .Key("totalFilesSkipped", &OptimizeResult::num_skipped)
        .Key("preserveInsertionOrder", &OptimizeResult::keeps_order)
        .Key("plannerStrategy", &OptimizeResult::strategy)
        .Key("maxBinSpanFiles", done(&Counts::max_group_files), "the most files of a group")
        .Key("numRows", done(&Counts::num_rows), "in the new files")
        .Key("numDeletionVectorsRemoved", done(&Counts::num_vectors_removed))
        .Key("numCommits", done(&Counts::num_commits))
        .Key("numGroupsGivenUp", done(&Counts::num_groups_given_up),
             "others changed a file of theirs")
        .Key("numRetries", done(&Counts::num_retries))
        .Key("executionTimeMs", &OptimizeResult::execution_time_ms)
        .Custom("plan", "[{partition, numFiles, numBytes, numRows}], a group of files each",
                WritePlan);
    return out;
  });
}

}  // namespace

std::vector<CallDoc> OptimizeCalls() {
  return {{"deltaic_table_optimize", OptimizeOptionTable().docs(), OptimizeJson().docs()}};
}

}  // namespace deltaic::capi

using deltaic::Status;
using deltaic::capi::Guard;

extern "C" deltaic_status deltaic_table_optimize(deltaic_table* table,
                                                 const deltaic_options* options,
                                                 char** metrics_json, deltaic_error** error) {
  return Guard(error, [&]() -> Status {
    DELTAIC_RETURN_IF_ERROR(deltaic::capi::RequireNotNull("table", table));
    DELTAIC_ASSIGN_OR_RETURN(auto call, deltaic::capi::OptimizeOptionTable().Read(options));
    call.cancel = deltaic::capi::CancellationOf(options);
    call.progress = deltaic::capi::ProgressOf(options);
    DELTAIC_ASSIGN_OR_RETURN(const auto result,
                             deltaic::OptimizeTable(table->table, table->loaded.Get(), call));
    table->loaded.Set(result.snapshot);
    if (metrics_json != nullptr)
      *metrics_json = deltaic::capi::NewString(deltaic::capi::OptimizeJson().Format(result));
    return Status::Ok();
  });
}
