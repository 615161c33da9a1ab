#include "ops/restore.h"

#include <arrow/record_batch.h>

#include <functional>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "data/actions/file_actions.h"
#include "data/actions/file_keys.h"
#include "log/file_key_set.h"
#include "log/file_replay.h"
#include "ops/clustering.h"
#include "ops/missing_files.h"
#include "ops/operation_parameters.h"
#include "ops/remove_files.h"
#include "ops/restored_definition.h"
#include "protocol/table_features.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

/// Hands over each live file of `snapshot` with its key.
Status ForEachFile(
    const Snapshot& snapshot, const FileColumns& columns, const CancellationToken& cancel,
    const std::function<Status(const arrow::RecordBatch&, int64_t row, const FileKey&)>& visit) {
  DELTAIC_ASSIGN_OR_RETURN(
      const auto files, snapshot.ListFiles(FileListOptions{.columns = columns, .cancel = cancel}));
  while (true) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) return Status();
    const FileKeyColumns keys(*batch->GetColumnByName("path"),
                              batch->GetColumnByName("deletionVector").get());
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      DELTAIC_RETURN_IF_ERROR(visit(*batch, row, {keys.paths[row], keys.dv_ids[row]}));
    }
  }
}

FileColumns KeysOnly() {
  FileColumns columns = FileColumns::PathOnly();
  columns.deletion_vector = true;
  return columns;
}

/// One RestoreTable call.
class Restoration {
 public:
  Restoration(std::shared_ptr<Table> table, const RestoreOptions& options)
      : table_(std::move(table)), options_(options) {}

  Result<RestoreResult> Run() {
    DELTAIC_RETURN_IF_ERROR(LoadBoth());
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, now_));
    DELTAIC_RETURN_IF_ERROR(StageDefinition(transaction));
    DELTAIC_RETURN_IF_ERROR(StageClustering(transaction));
    DELTAIC_RETURN_IF_ERROR(StageFiles(transaction));
    return Commit(std::move(transaction));
  }

 private:
  Status LoadBoth() {
    if (options_.version.has_value() == options_.time.has_value()) {
      return Status::InvalidArgument("RESTORE goes back to either a version or a time");
    }
    DELTAIC_ASSIGN_OR_RETURN(now_, table_->Load());
    Version version = options_.version.value_or(Version{0});
    if (options_.time) {
      DELTAIC_ASSIGN_OR_RETURN(version, table_->VersionAt(*options_.time));
    }
    if (version >= now_->version()) {
      return Status::InvalidArgument(
          "RESTORE goes back to a version before the newest: ", table_->uri(), " is at version ",
          now_->version().value, ", and version ", version.value, " was asked for");
    }
    DELTAIC_ASSIGN_OR_RETURN(then_, table_->Load(version));
    result_.restored_version = version;
    return Status();
  }

  Status StageDefinition(Transaction& transaction) {
    const TableDefinition now{now_->metadata(), now_->protocol()};
    DELTAIC_ASSIGN_OR_RETURN(TableDefinition restored,
                             RestoredDefinition(now, {then_->metadata(), then_->protocol()},
                                                options_.protocol_downgrade_allowed));
    if (!(restored.protocol == now.protocol)) {
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(restored.protocol)));
    }
    return transaction.Stage(std::move(restored.metadata));
  }

  /// Of the metadata domains the table's own, clustering, goes back; those of applications and the
  /// marks of row ids stay.
  Status StageClustering(Transaction& transaction) {
    DELTAIC_ASSIGN_OR_RETURN(const auto now, ClusteringColumnsOf(*now_));
    DELTAIC_ASSIGN_OR_RETURN(const auto then, ClusteringColumnsOf(*then_));
    if (now == then) return Status();
    if (then) return transaction.Stage(ClusteringDomain(*then));
    DomainMetadata removed = ClusteringDomain(*now);
    removed.removed = true;
    return transaction.Stage(std::move(removed));
  }

  /// The difference of both versions: what one of them alone has goes, or comes back.
  Status StageFiles(Transaction& transaction) {
    FileKeySet then, both;
    DELTAIC_RETURN_IF_ERROR(
        ForEachFile(*then_, KeysOnly(), options_.cancel,
                    [&](const arrow::RecordBatch&, int64_t, const FileKey& key) {
                      then.Add(key);
                      return Status();
                    }));
    then.Seal();
    DELTAIC_RETURN_IF_ERROR(ForEachFile(
        *now_, FileColumns(), options_.cancel,
        [&](const arrow::RecordBatch& batch, int64_t row, const FileKey& key) -> Status {
          if (then.Contains(key)) {
            both.Add(key);
            return Status();
          }
          const Add add = AddFromBatch(batch, row);
          ++result_.num_removed_files;
          result_.removed_bytes += add.size;
          return transaction.Stage(RemoveOf(add, begin_ms_));
        }));
    both.Seal();
    std::vector<Add> restored;
    DELTAIC_RETURN_IF_ERROR(
        ForEachFile(*then_, FileColumns(), options_.cancel,
                    [&](const arrow::RecordBatch& batch, int64_t row, const FileKey& key) {
                      Add add = AddFromBatch(batch, row);
                      ++result_.num_files;
                      result_.num_bytes += add.size;
                      if (both.Contains(key)) return Status();
                      add.data_change = true;
                      result_.restored_bytes += add.size;
                      restored.push_back(std::move(add));
                      return Status();
                    }));
    result_.num_restored_files = static_cast<int64_t>(restored.size());
    DELTAIC_RETURN_IF_ERROR(CheckFiles(restored));
    return transaction.StageAdds(std::move(restored));
  }

  /// Files that came back from the log may have been vacuumed since.
  Status CheckFiles(const std::vector<Add>& restored) {
    DELTAIC_ASSIGN_OR_RETURN(const auto missing,
                             FindMissingFiles(table_->store(), restored, options_.cancel));
    result_.num_missing_files = static_cast<int64_t>(missing.size());
    if (missing.empty() || options_.ignore_missing_files) return Status();
    return Status::NotFound("version ", result_.restored_version.value, " of ", table_->uri(),
                            " cannot be restored: ", missing.size(), " of ", restored.size(),
                            " files are gone, ", missing.front().path,
                            " among them; choose a later version, or ignore missing files");
  }

  Result<RestoreResult> Commit(Transaction transaction) {
    DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
    for (const Txn& txn : options_.transactions) DELTAIC_RETURN_IF_ERROR(transaction.Stage(txn));
    transaction.reads().read_whole_table = true;
    transaction.reads().isolation = IsolationLevel::kSerializable;
    CommitSpec spec = options_.commit;
    spec.operation = "RESTORE";
    // A version put behind the rows of others would be no version that ever was.
    spec.max_retries = 0;
    spec.cancel = options_.cancel;
    spec.parameters = {
        {"version", options_.version ? std::to_string(options_.version->value) : "null"},
        {"timestamp", options_.time
                          ? JsonText(FormatTimestampMillis(options_.time->value * 1000, ' ', ""))
                          : "null"}};
    spec.metrics = {{"tableSizeAfterRestore", std::to_string(result_.num_bytes)},
                    {"numOfFilesAfterRestore", std::to_string(result_.num_files)},
                    {"numRemovedFiles", std::to_string(result_.num_removed_files)},
                    {"numRestoredFiles", std::to_string(result_.num_restored_files)},
                    {"removedFilesSize", std::to_string(result_.removed_bytes)},
                    {"restoredFilesSize", std::to_string(result_.restored_bytes)}};
    DELTAIC_ASSIGN_OR_RETURN(CommitResult committed, std::move(transaction).Commit(spec));
    result_.version = committed.version;
    result_.snapshot = std::move(committed.snapshot);
    result_.execution_time_ms = NowMs() - begin_ms_;
    return std::move(result_);
  }

  const std::shared_ptr<Table> table_;
  const RestoreOptions& options_;
  const int64_t begin_ms_ = NowMs();
  SnapshotPtr now_, then_;
  RestoreResult result_;
};

}  // namespace

Result<RestoreResult> RestoreTable(const std::shared_ptr<Table>& table,
                                   const RestoreOptions& options) {
  return Restoration(table, options).Run();
}

}  // namespace deltaic
