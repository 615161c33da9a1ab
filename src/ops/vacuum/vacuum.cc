#include "ops/vacuum/vacuum.h"

#include <algorithm>
#include <atomic>
#include <span>
#include <unordered_set>
#include <utility>

#include "base/log_sink.h"
#include "ops/operation_parameters.h"
#include "ops/vacuum/hidden_path.h"
#include "ops/vacuum/protected_files.h"
#include "ops/vacuum/removed_files_log.h"
#include "storage/clock.h"
#include "storage/parallel_for.h"

namespace deltaic {
namespace {

/// Files that one thread looks at, or deletes by one call: as many as a store takes in one request.
constexpr size_t kLooksAtOnce = 256, kDeletesAtOnce = 1000;
constexpr int64_t kHourMs = int64_t{3600} * 1000;
/// Of the far future nothing is asked, so that sums of times stay numbers.
constexpr int64_t kMostRetentionMs = int64_t{100} * 366 * 24 * kHourMs;

/// One VacuumTable call.
class Vacuum {
 public:
  Vacuum(std::shared_ptr<Table> table, SnapshotPtr snapshot, const VacuumOptions& options)
      : table_(std::move(table)), snapshot_(std::move(snapshot)), options_(options) {}

  Result<VacuumResult> Run() {
    DELTAIC_RETURN_IF_ERROR(Check());
    DELTAIC_RETURN_IF_ERROR(Transaction::Start(table_, snapshot_).status());
    DELTAIC_RETURN_IF_ERROR(options_.full ? ListFolder() : ReadLog());
    DELTAIC_RETURN_IF_ERROR(LookAgain());
    result_.snapshot = snapshot_;
    result_.num_to_delete = static_cast<int64_t>(result_.paths.size());
    if (!options_.dry_run) DELTAIC_RETURN_IF_ERROR(Delete());
    result_.execution_time_ms = NowMs() - begin_ms_;
    return std::move(result_);
  }

 private:
  Status Check() {
    const int64_t table_ms = snapshot_->properties().deleted_file_retention_ms;
    retention_ms_ = options_.retention_ms.value_or(table_ms);
    if (retention_ms_ < 0) return Status::InvalidArgument("the retention must not be negative");
    retention_ms_ = std::min(retention_ms_, kMostRetentionMs);
    cutoff_ = TimestampMs{begin_ms_ - retention_ms_};
    if (!options_.enforce_retention || retention_ms_ >= table_ms) return Status();
    return Status::InvalidArgument(
        "a retention of ", retention_ms_ / kHourMs, " hours is shorter than that of table ",
        table_->uri(), " (delta.deletedFileRetentionDuration), ", table_ms / kHourMs,
        " hours: readers, writers underway and older versions would lose their files; ask for it "
        "with enforce_retention_duration=false if there are none");
  }

  /// What `snapshot_` and the versions to keep need.
  Result<ProtectedFiles> Protect() const {
    ProtectedFiles keep(table_->store());
    DELTAIC_RETURN_IF_ERROR(keep.AddLive(*snapshot_, options_.cancel));
    DELTAIC_RETURN_IF_ERROR(keep.AddTombstones(*snapshot_, cutoff_));
    if (retention_ms_ > snapshot_->properties().deleted_file_retention_ms) {
      // Checkpoints forget tombstones after the table's retention; commits still have them.
      DELTAIC_RETURN_IF_ERROR(
          ReadRemovedSince(*snapshot_, cutoff_, options_.cancel,
                           [&](const std::string& path, int64_t) { return keep.AddPath(path); }));
    }
    for (const Version version : options_.keep_versions) {
      DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr kept, table_->Load(version));
      DELTAIC_RETURN_IF_ERROR(keep.AddLive(*kept, options_.cancel));
    }
    keep.Seal();
    return keep;
  }

  std::vector<std::string> PartitionNames() const {
    std::vector<std::string> names = snapshot_->metadata().partition_columns;
    for (const std::string& name : snapshot_->metadata().partition_columns) {
      if (const StructField* field = snapshot_->schema()->FindField(name)) {
        names.push_back(field->physical_name());
      }
    }
    return names;
  }

  Status ListFolder() {
    DELTAIC_ASSIGN_OR_RETURN(const ProtectedFiles keep, Protect());
    const std::vector<std::string> partitions = PartitionNames();
    return table_->store()->ListRecursive("", [&](const ObjectMeta& object) -> Status {
      if (++result_.num_listed % 1024 == 0) DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      // A younger one may belong to a writer that has not committed yet.
      if (object.last_modified >= cutoff_ || IsHiddenPath(object.path, partitions) ||
          keep.Contains(object.path)) {
        return Status();
      }
      Take(object.path, object.size_bytes);
      return Status();
    });
  }

  Status ReadLog() {
    DELTAIC_ASSIGN_OR_RETURN(const ProtectedFiles keep, Protect());
    std::unordered_set<std::string> seen;
    DELTAIC_ASSIGN_OR_RETURN(
        range_, ReadRemovedFiles(*snapshot_, cutoff_, options_.cancel,
                                 [&](std::string path, int64_t size_bytes) -> Status {
                                   ++result_.num_listed;
                                   if (keep.Contains(path) || !seen.insert(path).second) {
                                     return Status();
                                   }
                                   Take(std::move(path), size_bytes);
                                   return Status();
                                 }));
    result_.is_complete = range_.is_complete;
    if (!range_.is_complete) {
      Log(LogLevel::kWarning,
          Concat("the log of ", table_->uri(),
                 " has lost older commits, so that a lite vacuum cannot know all files that were "
                 "removed; a full one finds them"));
    }
    if (options_.dry_run || result_.paths.empty()) return Status();
    return DropMissing();
  }

  /// Files that an earlier vacuum has deleted are not to be counted again.
  Status DropMissing() {
    std::vector<uint8_t> there(result_.paths.size(), 0);
    std::vector<int64_t> sizes(result_.paths.size(), 0);
    DELTAIC_RETURN_IF_ERROR(ForEachPart(kLooksAtOnce, [&](size_t begin, size_t end) -> Status {
      for (size_t i = begin; i < end; ++i) {
        const Result<ObjectMeta> object = table_->store()->Stat(result_.paths[i]);
        if (object.status().code() == StatusCode::kNotFound) continue;
        DELTAIC_RETURN_IF_ERROR(object.status());
        there[i] = 1;
        sizes[i] = object->size_bytes;
      }
      return Status();
    }));
    size_t kept = 0;
    result_.num_bytes = 0;
    for (size_t i = 0; i < there.size(); ++i) {
      if (there[i] == 0) continue;
      result_.num_bytes += sizes[i];
      if (kept != i) result_.paths[kept] = std::move(result_.paths[i]);
      ++kept;
    }
    result_.paths.resize(kept);
    sizes_.clear();
    return Status();
  }

  void Take(std::string path, int64_t size_bytes) {
    result_.paths.push_back(std::move(path));
    sizes_.push_back(size_bytes);
    result_.num_bytes += size_bytes;
  }

  /// A commit made meanwhile may have taken an old file back, as RESTORE does.
  Status LookAgain() {
    if (result_.paths.empty()) return Status();
    const Version before = snapshot_->version();
    DELTAIC_ASSIGN_OR_RETURN(snapshot_, table_->Refresh(snapshot_));
    if (snapshot_->version() == before) return Status();
    DELTAIC_ASSIGN_OR_RETURN(const ProtectedFiles keep, Protect());
    size_t kept = 0;
    for (size_t i = 0; i < result_.paths.size(); ++i) {
      if (keep.Contains(result_.paths[i])) {
        if (i < sizes_.size()) result_.num_bytes -= sizes_[i];
        continue;
      }
      if (kept != i) result_.paths[kept] = std::move(result_.paths[i]);
      ++kept;
    }
    result_.paths.resize(kept);
    return Status();
  }

  /// Calls `visit` with parts of the files to delete, [begin, end), several at once.
  Status ForEachPart(size_t at_once, const std::function<Status(size_t, size_t)>& visit) {
    const size_t count = result_.paths.size();
    const int threads =
        options_.num_threads > 0 ? options_.num_threads : DefaultThreads(table_->store()->traits());
    const auto parts = static_cast<int64_t>((count + at_once - 1) / at_once);
    return ParallelFor(parts, threads, [&](int64_t part) -> Status {
      DELTAIC_RETURN_IF_ERROR(options_.cancel.Check());
      const size_t begin = static_cast<size_t>(part) * at_once;
      return visit(begin, std::min(count, begin + at_once));
    });
  }

  using Pairs = std::vector<std::pair<std::string, std::string>>;

  Status Commit(const char* operation, Pairs parameters, Pairs metrics) {
    if (!options_.log_commits) return Status();
    DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
    CommitSpec spec = options_.commit;
    spec.operation = operation;
    spec.parameters = std::move(parameters);
    spec.metrics = std::move(metrics);
    DELTAIC_ASSIGN_OR_RETURN(const CommitResult committed, std::move(transaction).Commit(spec));
    snapshot_ = committed.snapshot;
    result_.snapshot = snapshot_;
    result_.version = committed.version;
    return Status();
  }

  Status Delete() {
    if (!result_.paths.empty()) {
      Pairs parameters = {
          {"retentionCheckEnabled", JsonText(options_.enforce_retention ? "true" : "false")},
          {"defaultRetentionMillis",
           JsonText(std::to_string(snapshot_->properties().deleted_file_retention_ms))}};
      if (options_.retention_ms) {
        parameters.emplace_back("specifiedRetentionMillis",
                                JsonText(std::to_string(*options_.retention_ms)));
      }
      DELTAIC_RETURN_IF_ERROR(Commit("VACUUM START", std::move(parameters),
                                     {{"numFilesToDelete", std::to_string(result_.paths.size())},
                                      {"sizeOfDataToDelete", std::to_string(result_.num_bytes)}}));
      std::atomic<int64_t> deleted{0};
      const std::span<const std::string> paths = result_.paths;
      const Status status = ForEachPart(kDeletesAtOnce, [&](size_t begin, size_t end) -> Status {
        DELTAIC_RETURN_IF_ERROR(table_->store()->DeleteMany(paths.subspan(begin, end - begin)));
        const int64_t all = deleted += static_cast<int64_t>(end - begin);
        if (options_.progress) options_.progress(all);
        return Status();
      });
      result_.num_deleted = deleted;
      const Status told =
          Commit("VACUUM END", {{"status", JsonText(status.ok() ? "COMPLETED" : "FAILED")}},
                 {{"numDeletedFiles", std::to_string(result_.num_deleted)},
                  {"numVacuumedDirectories", "0"}});
      DELTAIC_RETURN_IF_ERROR(status);
      DELTAIC_RETURN_IF_ERROR(told);
    }
    if (!options_.full && range_.is_complete && range_.last) {
      return WriteLastVacuum(*table_->log(), *range_.last);
    }
    return Status();
  }

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;
  const VacuumOptions& options_;
  const int64_t begin_ms_ = NowMs();
  int64_t retention_ms_ = 0;
  TimestampMs cutoff_;  ///< what is older may go
  RemovedFilesRange range_;
  std::vector<int64_t> sizes_;  ///< of result_.paths
  VacuumResult result_;
};

}  // namespace

Result<VacuumResult> VacuumTable(const std::shared_ptr<Table>& table, SnapshotPtr base,
                                 const VacuumOptions& options) {
  // Not the caller's: it may be older than what others have committed, and files are at stake.
  DELTAIC_ASSIGN_OR_RETURN(base, base == nullptr ? table->Load() : table->Refresh(base));
  return Vacuum(table, std::move(base), options).Run();
}

}  // namespace deltaic
