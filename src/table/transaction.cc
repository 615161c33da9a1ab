#include "table/transaction.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/log_sink.h"
#include "log/rebase.h"
#include "protocol/log_file_name.h"
#include "protocol/row_tracking.h"
#include "protocol/table_features.h"
#include "table/checkpoint.h"
#include "table/checksum_writing.h"
#include "table/clock.h"
#include "table/commit_info.h"
#include "table/commit_loop.h"
#include "table/log_cleanup.h"
#include "table/merged_vectors.h"
#include "table/snapshot_advance.h"
#include "table/unique_id.h"
#include "table/version_check.h"

namespace deltaic {
namespace {

/// Writes the checkpoint of `snapshot`, which rests on it from then on, so that a long-lived
/// writer's tail stays short. A checkpoint counts the files: where nobody else did, the checksum
/// file is written by that.
/// \param commit  of the snapshot.  \param counted  whether it has its checksum file.
Status Checkpoint(SnapshotPtr& snapshot, const CommitText& commit, bool counted) {
  DELTAIC_ASSIGN_OR_RETURN(const WrittenCheckpoint written, WriteCheckpointFile(*snapshot));
  DELTAIC_ASSIGN_OR_RETURN(snapshot, RestOnCheckpoint(*snapshot, written, TimestampMs{NowMs()}));
  if (!counted && BeginsChecksums(*snapshot->store())) {
    WriteChecksum(*snapshot, commit, written.num_files, written.num_data_bytes);
  }
  return Status();
}

/// Deletes what the log need not keep. A failure fails nothing: the next checkpoint tries again.
/// \param wanted  in place of the table's property.
void CleanUpAfterCheckpoint(const Table& table, const Snapshot& newest,
                            std::optional<bool> wanted) {
  if (!wanted.value_or(newest.properties().enable_expired_log_cleanup)) return;
  const Result<LogCleanupResult> cleaned =
      CleanUpLog(table, newest, {.cutoff = AutomaticCutoff(newest.properties(), NowMs())});
  if (cleaned.ok()) return;
  // A table that protects its checkpoints says so each time.
  const bool is_expected = cleaned.status().code() == StatusCode::kUnsupported;
  Log(is_expected ? LogLevel::kDebug : LogLevel::kWarning,
      Concat("the log of ", table.uri(), " was not cleaned up: ", cleaned.status().message()));
}

}  // namespace

struct Transaction::Impl {
  std::shared_ptr<Table> table;
  SnapshotPtr read;
  StagedCommit staged;
  std::unordered_set<std::string> added_paths;
  std::optional<MergedVectors> merged;
  std::optional<CheckAhead> base_check;

  Status Stage(Action action);
  Status StageAdd(Add add);
  Status CheckComplete();
  Status CheckFiles();
  Status FinishRowTracking();
  Status LoadBase();
  Result<CommitRaceResult> Race(const CommitSpec& spec);
  Result<std::string> Format(const CommitSpec& spec, const std::string& txn_id) const;
  Status LoadTimeOf(WinningCommit& winner) const;
  Result<std::optional<Conflict>> RebaseOn(WinningCommit& winner);
  Result<CommitResult> AfterCommit(const CommitSpec& spec, const CommitRaceResult& won) const;
};

Status Transaction::Impl::StageAdd(Add add) {
  if (!added_paths.insert(add.path).second) {
    return Status::InvalidArgument("one commit cannot add ", add.path, " twice");
  }
  staged.adds.push_back(std::move(add));
  return Status();
}

Status Transaction::Impl::Stage(Action action) {
  if (auto* metadata = std::get_if<Metadata>(&action)) {
    if (staged.metadata)
      return Status::InvalidArgument("one commit can set the metadata only once");
    staged.metadata = std::move(*metadata);
  } else if (auto* protocol = std::get_if<Protocol>(&action)) {
    if (staged.protocol)
      return Status::InvalidArgument("one commit can set the protocol only once");
    staged.protocol = std::move(*protocol);
  } else if (auto* add = std::get_if<Add>(&action)) {
    return StageAdd(std::move(*add));
  } else if (const auto* remove = std::get_if<Remove>(&action)) {
    staged.removes.Add(*remove);
  } else if (auto* txn = std::get_if<Txn>(&action)) {
    if (std::ranges::find(staged.txns, txn->app_id, &Txn::app_id) != staged.txns.end()) {
      return Status::InvalidArgument("one commit can hold one transaction of application '",
                                     txn->app_id, "' only");
    }
    staged.txns.push_back(std::move(*txn));
  } else if (auto* domain = std::get_if<DomainMetadata>(&action)) {
    if (domain->domain == kRowTrackingDomain) {
      return Status::InvalidArgument("the metadata domain '", kRowTrackingDomain,
                                     "' is kept by the commit itself");
    }
    if (std::ranges::find(staged.domains, domain->domain, &DomainMetadata::domain) !=
        staged.domains.end()) {
      return Status::InvalidArgument("one commit can set the metadata domain '", domain->domain,
                                     "' only once");
    }
    staged.domains.push_back(std::move(*domain));
  } else if (auto* cdc = std::get_if<Cdc>(&action)) {
    staged.cdcs.push_back(std::move(*cdc));
  } else {
    return Status::InvalidArgument(
        "commitInfo is made by the commit itself, and checkpointMetadata and sidecar belong into "
        "checkpoints: none can be staged");
  }
  return Status();
}

Status Transaction::Impl::CheckFiles() {
  if (const auto twice = staged.removes.Seal()) {
    return Status::InvalidArgument("one commit cannot remove ", *twice, " twice");
  }
  if (staged.removes.empty()) return Status();
  for (const Add& add : staged.adds) {
    const std::optional<Remove> remove = staged.removes.Find(add.path);
    if (remove && remove->deletion_vector == add.deletion_vector) {
      return Status::InvalidArgument("one commit cannot remove ", add.path,
                                     " and add it as it was");
    }
  }
  return Status();
}

Status Transaction::Impl::CheckComplete() {
  DELTAIC_RETURN_IF_ERROR(CheckFiles());
  if (read == nullptr && !(staged.metadata && staged.protocol)) {
    return Status::InvalidArgument("the first commit of a table needs metadata and a protocol");
  }
  if (staged.metadata && staged.metadata->schema_string.empty()) {
    return Status::InvalidArgument("the metadata of a table needs a schema");
  }
  const Protocol& protocol = staged.effective_protocol();
  const Metadata& metadata = staged.effective_metadata();
  if (staged.metadata || staged.protocol) {
    DELTAIC_RETURN_IF_ERROR(CheckWritable(protocol, metadata));
  }
  if (read != nullptr && metadata.id != read->metadata().id) {
    return Status::InvalidArgument("the id of a table cannot change");
  }
  if (staged.removes.changes_data() && ProtocolHasFeature(protocol, "appendOnly") &&
      ParseTableProperties(metadata.configuration).append_only) {
    return Status::InvalidArgument("table ", table->uri(),
                                   " is append-only (delta.appendOnly=true): rows cannot be "
                                   "removed or changed; unset the property first");
  }
  if (!staged.domains.empty() && !ProtocolHasFeature(protocol, "domainMetadata")) {
    return Status::InvalidArgument("table ", table->uri(),
                                   " lacks the feature domainMetadata; add it first");
  }
  return Status();
}

/// What the table needs once its rows are tracked.
Status Transaction::Impl::FinishRowTracking() {
  if (!staged.metadata || !TracksRows(staged.effective_protocol(), *staged.metadata)) {
    return Status();
  }
  const bool turns_on = read != nullptr && !TracksRows(read->protocol(), read->metadata());
  if (turns_on) {
    DELTAIC_ASSIGN_OR_RETURN(const Snapshot::FileTotals totals, read->Totals());
    if (totals.num_files > 0) {
      return Status::Unsupported("table ", table->uri(),
                                 " has files without row ids, so row tracking "
                                 "(delta.enableRowTracking) cannot be turned on; use an engine "
                                 "that gives them ids, or turn it on in a new table");
    }
  }
  StringMap& configuration = staged.metadata->configuration;
  configuration.try_emplace("delta.rowTracking.materializedRowIdColumnName",
                            Concat("_row-id-col-", NewUuid()));
  configuration.try_emplace("delta.rowTracking.materializedRowCommitVersionColumnName",
                            Concat("_row-commit-version-col-", NewUuid()));
  return Status();
}

/// Reads of the base what this commit goes on from.
Status Transaction::Impl::LoadBase() {
  if (read == nullptr) return Status();
  const Protocol& protocol = staged.effective_protocol();
  if (HasInCommitTimestamps(protocol, staged.effective_metadata())) {
    DELTAIC_ASSIGN_OR_RETURN(const TimestampMs time, read->timestamp());
    staged.base.time_ms = time.value;
  }
  if (ProtocolHasFeature(protocol, "rowTracking")) {
    DELTAIC_ASSIGN_OR_RETURN(const std::vector<DomainMetadata> domains, read->Domains());
    for (const DomainMetadata& domain : domains) {
      if (domain.domain != kRowTrackingDomain) continue;
      staged.base.row_id_high_water_mark =
          ParseRowIdHighWaterMark(domain.configuration).value_or(-1);
    }
  }
  return Status();
}

Result<std::string> Transaction::Impl::Format(const CommitSpec& spec,
                                              const std::string& txn_id) const {
  const Metadata& metadata = staged.effective_metadata();
  CommitFacts facts{.txn_id = txn_id,
                    .timestamp_ms = NowMs(),
                    .read_version = read ? std::optional(read->version()) : std::nullopt,
                    .isolation = IsolationOf(staged),
                    .is_blind_append = IsBlindAppend(staged)};
  if (HasInCommitTimestamps(staged.effective_protocol(), metadata)) {
    facts.timestamp_ms = std::max(facts.timestamp_ms, staged.base.time_ms.value_or(-1) + 1);
    facts.in_commit_timestamp_ms = facts.timestamp_ms;
  }
  if (TracksRows(staged.effective_protocol(), metadata)) {
    facts.tags["delta.rowTracking.preserved"] = staged.preserves_row_ids ? "true" : "false";
  }
  DELTAIC_ASSIGN_OR_RETURN(const std::string body,
                           FormatStagedCommit(staged, facts.in_commit_timestamp_ms));
  return FormatCommitInfoLine(spec, facts) + body;
}

/// When the winner was committed, where its file is all that tells.
Status Transaction::Impl::LoadTimeOf(WinningCommit& winner) const {
  if (!HasInCommitTimestamps(staged.effective_protocol(), staged.effective_metadata())) {
    return Status();
  }
  const std::string name = CommitFileName(winner.version);
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<ObjectMeta> files, table->log()->ListFrom(name));
  const auto file = std::ranges::find(files, name, &ObjectMeta::path);
  if (file != files.end()) winner.file_time = file->last_modified;
  return Status();
}

Result<std::optional<Conflict>> Transaction::Impl::RebaseOn(WinningCommit& winner) {
  // A winner with a timestamp of its own needs no look at its file.
  const SortedWinner sorted = SortWinner(winner);
  if (sorted.info == nullptr || !sorted.info->in_commit_timestamp) {
    DELTAIC_RETURN_IF_ERROR(LoadTimeOf(winner));
  }
  auto outcome = Rebase(std::move(staged), winner);
  if (auto* conflict = std::get_if<Conflict>(&outcome)) return std::optional(std::move(*conflict));
  Rebased& rebased = std::get<Rebased>(outcome);
  if (!rebased.merges.empty()) {
    DELTAIC_ASSIGN_OR_RETURN(std::optional<std::string> reason,
                             merged->Merge(rebased.merges, rebased.staged));
    if (reason) {
      return std::optional(Conflict{winner.version, sorted.operation, *std::move(reason)});
    }
  }
  staged = std::move(rebased.staged);
  return std::optional<Conflict>();
}

Result<CommitRaceResult> Transaction::Impl::Race(const CommitSpec& spec) {
  staged.operation = spec.operation;
  CommitRace race{.log = table->log().get(),
                  .table_uri = table->uri(),
                  .operation = spec.operation,
                  .read = staged.base.version,
                  .txn_id = NewUuid(),
                  .max_retries = spec.max_retries,
                  .cancel = spec.cancel};
  if (spec.timeout) race.deadline = std::chrono::steady_clock::now() + *spec.timeout;
  race.format = [&] { return Format(spec, race.txn_id); };
  race.rebase = [&](WinningCommit& winner) { return RebaseOn(winner); };
  merged.emplace(table->store());
  Result<CommitRaceResult> won = RunCommitRace(race);
  merged->Settle(won.status());
  return won;
}

/// From here on the commit stands: no failure may make its files look superfluous.
Result<CommitResult> Transaction::Impl::AfterCommit(const CommitSpec& spec,
                                                    const CommitRaceResult& won) const {
  CommitResult result{.version = won.version, .num_retries = won.num_retries};
  const auto counts = CountAfter(*table, read, won.commits);
  Result<SnapshotPtr> snapshot =
      AdvanceSnapshot(*table, read, won.commits, TimestampMs{NowMs()}, counts);
  if (!snapshot.ok()) {
    return Status::CommitUnknown(
        "version ", won.version.value, " of ", table->uri(),
        " is committed, but could not be read back: ", snapshot.status().message());
  }
  result.snapshot = *std::move(snapshot);
  if (counts) {
    WriteChecksum(*result.snapshot, won.commits.back(), counts->num_files,
                  counts->table_size_bytes);
  }
  const int64_t interval = result.snapshot->properties().checkpoint_interval;
  if (spec.post_commit_checkpoint && won.version.value > 0 && interval > 0 &&
      won.version.value % interval == 0) {
    result.checkpoint = Checkpoint(result.snapshot, won.commits.back(), counts.has_value());
    if (!result.checkpoint->ok()) {
      Log(LogLevel::kWarning, Concat("no checkpoint for version ", won.version.value, " of ",
                                     table->uri(), ": ", result.checkpoint->message()));
    } else {
      CleanUpAfterCheckpoint(*table, *result.snapshot, spec.cleanup_expired_logs);
    }
  }
  return result;
}

Transaction::Transaction(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction& Transaction::operator=(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

Result<Transaction> Transaction::Start(std::shared_ptr<Table> table, SnapshotPtr read) {
  auto impl = std::make_unique<Impl>();
  if (read != nullptr) {
    DELTAIC_RETURN_IF_ERROR(CheckWritable(read->protocol(), read->metadata()));
    StagedCommit& staged = impl->staged;
    staged.base = {.version = read->version(),
                   .protocol = read->protocol(),
                   .metadata = read->metadata(),
                   .row_id_high_water_mark = -1,
                   .time_ms = {}};
    staged.reads.isolation = read->properties().isolation_level;
    staged.read_schema = read->schema();
    staged.read_partition_columns = read->metadata().partition_columns;
  }
  impl->table = std::move(table);
  impl->read = std::move(read);
  return Transaction(std::move(impl));
}

const SnapshotPtr& Transaction::read_snapshot() const { return impl_->read; }

TransactionReads& Transaction::reads() { return impl_->staged.reads; }

void Transaction::DoesNotPreserveRowIds() { impl_->staged.preserves_row_ids = false; }

void Transaction::LookAhead() {
  if (impl_->read != nullptr && !impl_->table->store()->is_local())
    impl_->base_check.emplace(impl_->read);
}

Status Transaction::Stage(Action action) { return impl_->Stage(std::move(action)); }

Status Transaction::StageAdds(std::vector<Add> adds) {
  std::vector<Add>& all = impl_->staged.adds;
  if (all.empty()) all.reserve(adds.size());
  for (Add& add : adds) DELTAIC_RETURN_IF_ERROR(impl_->StageAdd(std::move(add)));
  return Status();
}

Result<CommitResult> Transaction::Commit(const CommitSpec& spec) && {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  DELTAIC_RETURN_IF_ERROR(CheckCustomKeys(spec));
  DELTAIC_RETURN_IF_ERROR(impl->CheckComplete());
  if (impl->base_check) {
    DELTAIC_RETURN_IF_ERROR(impl->base_check->Get());
  } else if (impl->read != nullptr) {
    DELTAIC_RETURN_IF_ERROR(CheckStillInLog(*impl->read));
  }
  DELTAIC_RETURN_IF_ERROR(impl->FinishRowTracking());
  DELTAIC_RETURN_IF_ERROR(impl->LoadBase());
  DELTAIC_ASSIGN_OR_RETURN(const CommitRaceResult won, impl->Race(spec));
  return impl->AfterCommit(spec, won);
}

}  // namespace deltaic
