#include "ops/row_change_support.h"

#include "protocol/file_stats.h"
#include "protocol/table_features.h"
#include "scan/read_spec.h"
#include "storage/clock.h"

namespace deltaic {

Result<Transaction> StartRowChange(const std::shared_ptr<Table>& table,
                                   const SnapshotPtr& snapshot) {
  // Said before rows are read, not by the commit.
  if (snapshot->properties().append_only &&
      ProtocolHasFeature(snapshot->protocol(), "appendOnly")) {
    return Status::InvalidArgument("table ", table->uri(),
                                   " is append-only (delta.appendOnly=true): rows cannot be "
                                   "removed or changed; unset the property first");
  }
  const auto tracking = ScannedTableOf(*snapshot).row_tracking;
  if (tracking && (tracking->row_id.empty() || tracking->row_commit_version.empty())) {
    return Status::Corruption("table ", table->uri(),
                              " tracks rows (delta.enableRowTracking), but its metadata names no "
                              "columns for ids that stay with rows "
                              "(delta.rowTracking.materializedRowIdColumnName)");
  }
  return Transaction::Start(table, snapshot);
}

Session WithTime(Session session, int64_t now_ms) {
  if (!session.now_micros) session.now_micros = now_ms * 1000;
  return session;
}

std::optional<int64_t> CountLiveRows(const Add& add, const Schema& schema) {
  if (!add.stats) return std::nullopt;
  const Result<FileStats> stats = ParseFileStats(*add.stats, schema, {});
  if (!stats.ok() || !stats->num_records) return std::nullopt;
  return *stats->num_records - (add.deletion_vector ? add.deletion_vector->cardinality : 0);
}

std::vector<std::pair<std::string, std::string>> MetricTexts(const Metrics& metrics) {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& [name, value] : metrics) {
    if (value) texts.emplace_back(name, std::to_string(*value));
  }
  return texts;
}

Metrics RowChangeMetrics(const RowChangeResult& result, std::string_view rows) {
  const RowChangeCounts& changed = result.changed;
  return {{"numAddedFiles", changed.num_added_files},
          {"numRemovedFiles", changed.num_removed_files},
          {"numAddedBytes", changed.num_added_bytes},
          {"numRemovedBytes", changed.num_removed_bytes},
          {"numDeletionVectorsAdded", changed.num_vectors_added},
          {"numDeletionVectorsRemoved", changed.num_vectors_removed},
          {"numDeletionVectorsUpdated", changed.num_vectors_updated},
          {"numAddedChangeFiles", changed.num_change_files},
          {"numCopiedRows", changed.num_copied_rows},
          {rows, result.rows_are_counted ? std::optional(changed.num_taken_rows) : std::nullopt},
          {"executionTimeMs", result.execution_time_ms},
          {"scanTimeMs", result.scan_time_ms},
          {"rewriteTimeMs", changed.rewrite_time_ms}};
}

Status CommitRowChange(Transaction transaction, const std::vector<Txn>& transactions,
                       const CommitSpec& spec, int64_t begin_ms, RowChangeResult& result) {
  for (const Txn& txn : transactions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
  DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
  result.version = committed.version;
  result.snapshot = committed.snapshot;
  result.num_retries = committed.num_retries;
  result.execution_time_ms = NowMs() - begin_ms;
  return Status();
}

}  // namespace deltaic
