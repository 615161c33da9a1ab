#include "table/transaction.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/log_sink.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "protocol/table_features.h"
#include "table/checkpoint.h"
#include "table/clock.h"
#include "table/commit_info.h"
#include "table/commit_loop.h"
#include "table/snapshot_advance.h"
#include "table/unique_id.h"

namespace deltaic {
namespace {

/// No log cleanup takes away commits that are younger.
constexpr int64_t kNoCleanupWithinMs = 10 * 60 * 1000;
constexpr const char* kEnablementVersion = "delta.inCommitTimestampEnablementVersion";
constexpr const char* kEnablementTimestamp = "delta.inCommitTimestampEnablementTimestamp";

bool HasInCommitTimestamps(const Protocol& protocol, const TableProperties& properties) {
  return properties.enable_in_commit_timestamps &&
         ProtocolHasFeature(protocol, "inCommitTimestamp");
}

const CommitInfo* FindCommitInfo(const std::vector<Action>& actions) {
  for (const Action& action : actions) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) return info;
  }
  return nullptr;
}

/// Writes the checkpoint of `snapshot`, which rests on it from then on, so that a long-lived
/// writer's tail stays short.
Status Checkpoint(SnapshotPtr& snapshot) {
  DELTAIC_ASSIGN_OR_RETURN(const int64_t bytes, WriteCheckpointFile(*snapshot));
  DELTAIC_ASSIGN_OR_RETURN(snapshot, RestOnCheckpoint(*snapshot, bytes, TimestampMs{NowMs()}));
  return Status();
}

/// Ok unless the commits after an old read version have been cleaned up: the next version would
/// then seem free, and what is committed there would be lost below the newest checkpoint.
Status CheckNextVersionIsThere(const Snapshot& read) {
  const auto& last = read.segment().last_commit_file;
  if (last && NowMs() - last->last_modified.value < kNoCleanupWithinMs) return Status();
  const Version next = read.version().Next();
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<ObjectMeta> files,
                           read.log()->ListFrom(VersionPrefix(next)));
  bool newer = false;
  for (const ObjectMeta& file : files) {
    const std::optional<LogFileName> name = ParseLogFileName(file.path);
    if (!name) continue;
    if (name->kind == LogFileKind::kCommit && name->version == next) return Status();
    newer |= name->kind == LogFileKind::kCommit || name->is_checkpoint();
  }
  if (!newer) return Status();
  return Status::Conflict("commit ", next.value, " of ", read.store()->root_uri(),
                          " is not in the log any more, so what came after version ",
                          read.version().value,
                          " cannot be checked; run the operation again on the newest version");
}

}  // namespace

struct Transaction::Impl {
  std::shared_ptr<Table> table;
  SnapshotPtr read;
  TransactionReads reads;
  std::optional<Metadata> metadata;
  std::optional<Protocol> protocol;
  std::vector<Action> actions;  // all other kinds
  std::unordered_set<std::string> added_paths;
  int64_t num_removes_of_rows = 0;
  bool has_file_actions = false;
  bool changes_rows = false;
  std::optional<TimestampMs>
      read_time;  // commit time of `read`, where in-commit timestamps need it

  const Protocol& EffectiveProtocol() const { return protocol ? *protocol : read->protocol(); }
  const Metadata& EffectiveMetadata() const { return metadata ? *metadata : read->metadata(); }

  Status Stage(Action action);
  Status StageFile(const std::string& path, bool data_change, bool is_remove);
  Status CheckComplete() const;
  Status LoadReadTime();
  Result<CommitRaceResult> Race(const CommitSpec& spec);
  std::string Format(const CommitSpec& spec, const CommitFacts& facts, const std::string& body,
                     const WinningCommit* previous) const;
  void FinishReads();
  Result<CommitResult> AfterCommit(const CommitSpec& spec, const CommitRaceResult& won) const;
};

Status Transaction::Impl::StageFile(const std::string& path, bool data_change, bool is_remove) {
  has_file_actions = true;
  changes_rows |= data_change;
  if (is_remove) {
    num_removes_of_rows += data_change ? 1 : 0;
    if (!reads.removed_files.insert(path).second) {
      return Status::InvalidArgument("one commit cannot remove ", path, " twice");
    }
  } else if (!added_paths.insert(path).second) {
    return Status::InvalidArgument("one commit cannot add ", path, " twice");
  }
  return Status();
}

Status Transaction::Impl::Stage(Action action) {
  if (auto* new_metadata = std::get_if<Metadata>(&action)) {
    if (metadata) return Status::InvalidArgument("one commit can set the metadata only once");
    metadata = std::move(*new_metadata);
    return Status();
  }
  if (auto* new_protocol = std::get_if<Protocol>(&action)) {
    if (protocol) return Status::InvalidArgument("one commit can set the protocol only once");
    protocol = std::move(*new_protocol);
    return Status();
  }
  if (const auto* add = std::get_if<Add>(&action)) {
    DELTAIC_RETURN_IF_ERROR(StageFile(add->path, add->data_change, /*is_remove=*/false));
  } else if (const auto* remove = std::get_if<Remove>(&action)) {
    DELTAIC_RETURN_IF_ERROR(StageFile(remove->path, remove->data_change, /*is_remove=*/true));
  } else if (const auto* txn = std::get_if<Txn>(&action)) {
    if (!reads.app_ids.insert(txn->app_id).second) {
      return Status::InvalidArgument("one commit can hold one transaction of application '",
                                     txn->app_id, "' only");
    }
  } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
    if (!reads.domains.insert(domain->domain).second) {
      return Status::InvalidArgument("one commit can set the metadata domain '", domain->domain,
                                     "' only once");
    }
  } else if (!std::holds_alternative<Cdc>(action)) {
    return Status::InvalidArgument(
        "commitInfo is made by the commit itself, and checkpointMetadata and sidecar belong into "
        "checkpoints: none can be staged");
  }
  actions.push_back(std::move(action));
  return Status();
}

Status Transaction::Impl::CheckComplete() const {
  if (read == nullptr && !(metadata && protocol)) {
    return Status::InvalidArgument("the first commit of a table needs metadata and a protocol");
  }
  if (metadata && metadata->schema_string.empty()) {
    return Status::InvalidArgument("the metadata of a table needs a schema");
  }
  if (metadata || protocol) {
    DELTAIC_RETURN_IF_ERROR(CheckWritable(EffectiveProtocol(), EffectiveMetadata()));
  }
  if (metadata && read != nullptr && metadata->id != read->metadata().id) {
    return Status::InvalidArgument("the id of a table cannot change");
  }
  if (num_removes_of_rows > 0 && ProtocolHasFeature(EffectiveProtocol(), "appendOnly") &&
      ParseTableProperties(EffectiveMetadata().configuration).append_only) {
    return Status::InvalidArgument("table ", table->uri(),
                                   " is append-only (delta.appendOnly=true): rows cannot be "
                                   "removed or changed; unset the property first");
  }
  if (!reads.domains.empty() && !ProtocolHasFeature(EffectiveProtocol(), "domainMetadata")) {
    return Status::InvalidArgument("table ", table->uri(),
                                   " lacks the feature domainMetadata; add it first");
  }
  return Status();
}

void Transaction::Impl::FinishReads() {
  reads.changes_metadata = metadata.has_value();
  reads.changes_protocol = protocol.has_value();
  if (has_file_actions) reads.data_change = changes_rows;
  // Who removes files has read them.
  if (!reads.removed_files.empty()) reads.blind_append = false;
}

/// Reads the time that this commit's must exceed, if it has one inside.
Status Transaction::Impl::LoadReadTime() {
  const TableProperties properties = ParseTableProperties(EffectiveMetadata().configuration);
  if (read == nullptr || !HasInCommitTimestamps(EffectiveProtocol(), properties)) return Status();
  DELTAIC_ASSIGN_OR_RETURN(read_time, read->timestamp());
  return Status();
}

std::string Transaction::Impl::Format(const CommitSpec& spec, const CommitFacts& facts,
                                      const std::string& body,
                                      const WinningCommit* previous) const {
  CommitFacts now = facts;
  now.timestamp_ms = NowMs();
  std::optional<Metadata> stamped = metadata;
  const TableProperties properties = ParseTableProperties(EffectiveMetadata().configuration);
  if (HasInCommitTimestamps(EffectiveProtocol(), properties)) {
    int64_t after = read_time ? read_time->value : -1;
    const CommitInfo* info = previous == nullptr ? nullptr : FindCommitInfo(previous->actions);
    if (info != nullptr) after = std::max(after, info->in_commit_timestamp.value_or(-1));
    now.timestamp_ms = std::max(now.timestamp_ms, after + 1);
    now.in_commit_timestamp_ms = now.timestamp_ms;
    if (read != nullptr && !HasInCommitTimestamps(read->protocol(), read->properties())) {
      const Version version =
          previous == nullptr ? read->version().Next() : previous->version.Next();
      if (!stamped) stamped = read->metadata();
      stamped->configuration[kEnablementVersion] = std::to_string(version.value);
      stamped->configuration[kEnablementTimestamp] = std::to_string(now.timestamp_ms);
    }
  }
  std::string out = FormatCommitInfoLine(spec, now);
  if (protocol) out += FormatAction(*protocol) + '\n';
  if (stamped) out += FormatAction(*stamped) + '\n';
  return out + body;
}

Result<CommitRaceResult> Transaction::Impl::Race(const CommitSpec& spec) {
  CommitFacts facts{.txn_id = NewUuid(),
                    .read_version = read ? std::optional(read->version()) : std::nullopt,
                    .isolation = reads.isolation,
                    .data_change = reads.data_change,
                    .is_blind_append = reads.blind_append};
  const std::string body = FormatActions(actions);
  CommitRace race{.log = table->log().get(),
                  .table_uri = table->uri(),
                  .operation = spec.operation,
                  .read = facts.read_version,
                  .txn_id = facts.txn_id,
                  .max_retries = spec.max_retries};
  race.format = [&](Version, const WinningCommit* previous) -> Result<std::string> {
    return Format(spec, facts, body, previous);
  };
  race.check = [&](const WinningCommit& winner) {
    return CheckConflict(reads, winner, read->schema().get(), read->metadata().partition_columns);
  };
  return RunCommitRace(race);
}

/// From here on the commit stands: no failure may make its files look superfluous.
Result<CommitResult> Transaction::Impl::AfterCommit(const CommitSpec& spec,
                                                    const CommitRaceResult& won) const {
  CommitResult result{.version = won.version, .num_retries = won.num_retries};
  Result<SnapshotPtr> snapshot = AdvanceSnapshot(*table, read, won.commits, TimestampMs{NowMs()});
  if (!snapshot.ok()) {
    return Status::CommitUnknown(
        "version ", won.version.value, " of ", table->uri(),
        " is committed, but could not be read back: ", snapshot.status().message());
  }
  result.snapshot = *std::move(snapshot);
  const int64_t interval = result.snapshot->properties().checkpoint_interval;
  if (spec.post_commit_checkpoint && won.version.value > 0 && interval > 0 &&
      won.version.value % interval == 0) {
    result.checkpoint = Checkpoint(result.snapshot);
    if (!result.checkpoint->ok()) {
      Log(LogLevel::kWarning, Concat("no checkpoint for version ", won.version.value, " of ",
                                     table->uri(), ": ", result.checkpoint->message()));
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
    impl->reads.isolation = read->properties().isolation_level;
  }
  impl->table = std::move(table);
  impl->read = std::move(read);
  return Transaction(std::move(impl));
}

const SnapshotPtr& Transaction::read_snapshot() const { return impl_->read; }

TransactionReads& Transaction::reads() { return impl_->reads; }

Status Transaction::Stage(Action action) { return impl_->Stage(std::move(action)); }

Status Transaction::StageAdds(std::vector<Add> adds) {
  impl_->actions.reserve(impl_->actions.size() + adds.size());
  for (Add& add : adds) DELTAIC_RETURN_IF_ERROR(impl_->Stage(std::move(add)));
  return Status();
}

Result<CommitResult> Transaction::Commit(const CommitSpec& spec) && {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  DELTAIC_RETURN_IF_ERROR(impl->CheckComplete());
  if (impl->read != nullptr) DELTAIC_RETURN_IF_ERROR(CheckNextVersionIsThere(*impl->read));
  impl->FinishReads();
  DELTAIC_RETURN_IF_ERROR(impl->LoadReadTime());
  DELTAIC_ASSIGN_OR_RETURN(const CommitRaceResult won, impl->Race(spec));
  return impl->AfterCommit(spec, won);
}

}  // namespace deltaic
