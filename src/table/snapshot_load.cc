#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "protocol/last_checkpoint.h"
#include "protocol/schema_json.h"
#include "protocol/table_features.h"
#include "storage/parallel_for.h"
#include "storage/work_ahead.h"
#include "table/snapshot_checksum.h"
#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// Enough that a chunk's columns pay for themselves, few enough that threads share the work.
constexpr int64_t kMaxCommitsPerChunk = 512;
constexpr int64_t kChunksPerThread = 4;

/// The version of the newest checkpoint by the hint file, if that says anything usable.
std::optional<Version> ReadHint(const LogStore& log) {
  const Result<std::string> bytes = log.Read(kLastCheckpointFileName);
  if (!bytes.ok()) return std::nullopt;
  const Result<LastCheckpoint> hint = ParseLastCheckpoint(*bytes);
  if (!hint.ok() || hint->version.value < 0) return std::nullopt;
  return hint->version;
}

/// A listed file that is gone was cleaned up meanwhile, which deserves more than "no such file".
Result<std::string> ReadCommitFile(const LogStore& log, const std::string& name) {
  Result<std::string> bytes = log.Read(name);
  if (bytes.status().code() != StatusCode::kNotFound) return bytes;
  return Status::NotFound("log file ", name,
                          " is gone: the log was cleaned up since the table was opened; load a "
                          "version that is still there");
}

/// One pass over the log: a listing, and what is read of it.
class SnapshotLoader {
 public:
  SnapshotLoader(std::shared_ptr<ObjectStore> store, std::shared_ptr<LogStore> log,
                 std::optional<Version> at)
      : store_(std::move(store)), log_(std::move(log)), at_(at) {}

  /// By the hint and a checksum file where there are some.
  Result<SnapshotPtr> Load() {
    DELTAIC_ASSIGN_OR_RETURN(LogSegment segment, FirstSegment());
    return LoadUndamaged(std::move(segment));
  }

  Result<SnapshotPtr> LoadWithout(DamagedFiles damaged) {
    unusable_ = std::move(damaged);
    by_checksum_ = false;
    DELTAIC_RETURN_IF_ERROR(ListAll());
    DELTAIC_ASSIGN_OR_RETURN(LogSegment segment, SelectLogSegment(listing_, at_, unusable_.names));
    return LoadUndamaged(std::move(segment));
  }

 private:
  /// By the hint if it holds, else by a full listing.
  Result<LogSegment> FirstSegment() {
    DELTAIC_ASSIGN_OR_RETURN(const std::optional<Version> hint, HintOrListing());
    if (!listed_all_ && hint && (!at_ || *hint <= *at_)) {
      DELTAIC_ASSIGN_OR_RETURN(listing_, ListLog(*log_, *hint));
      Result<LogSegment> segment = SelectLogSegment(listing_, at_);
      // Without a checkpoint from there on the hint is stale; errors may come from the listing
      // being short.
      if (segment.ok() && segment->checkpoint_version) return segment;
    }
    DELTAIC_RETURN_IF_ERROR(ListAll());
    Result<LogSegment> segment = SelectLogSegment(listing_, at_);
    if (segment.ok()) return segment;
    if (listing_.empty()) return Status::NotFound("no Delta table at ", store_->root_uri());
    // A listing is no snapshot: before the log is called damaged, what it lacks is looked for.
    DELTAIC_ASSIGN_OR_RETURN(const bool found, LookUpMissing(*log_, at_, listing_));
    return found ? SelectLogSegment(listing_, at_) : segment;
  }

  /// What the hint says. Far away a short log is listed meanwhile, which makes the hint needless.
  Result<std::optional<Version>> HintOrListing() {
    if (store_->is_local()) return ReadHint(*log_);
    WorkAhead<std::optional<Version>> hint(
        [log = log_]() -> Result<std::optional<Version>> { return ReadHint(*log); });
    DELTAIC_ASSIGN_OR_RETURN(auto files, ListShortLog(*log_));
    if (files) {
      listing_ = *std::move(files);
      listed_all_ = true;
    }
    return hint.Get();
  }

  /// Where files of `segment` are damaged, others of the log may give the same version. If they do
  /// not, the damage is what is wrong.
  Result<SnapshotPtr> LoadUndamaged(LogSegment segment) {
    while (true) {
      Result<SnapshotPtr> snapshot = Read(segment);
      if (snapshot.ok() || damaged_.empty()) return snapshot;
      unusable_.names.insert(unusable_.names.end(), damaged_.begin(), damaged_.end());
      damaged_.clear();
      DELTAIC_RETURN_IF_ERROR(ListAll());
      Result<LogSegment> other = SelectLogSegment(listing_, at_, unusable_.names);
      if (other.ok() && other->version < segment.version) {
        other = Status::NotFound("the rest of the log ends at version ", other->version.value);
      }
      if (!other.ok()) {
        return NoAlternative(snapshot.status(), segment.version, *store_, other.status());
      }
      WarnOfDamage(snapshot.status(), *other, *store_);
      segment = *std::move(other);
    }
  }

  Status ListAll() {
    if (listed_all_) return Status::Ok();
    DELTAIC_ASSIGN_OR_RETURN(listing_, ListLog(*log_, Version{0}));
    listed_all_ = true;
    return Status::Ok();
  }

  /// On damage of files that others may stand in for, `damaged_` names them.
  Result<SnapshotPtr> Read(const LogSegment& segment) {
    auto impl = std::make_unique<Snapshot::Impl>();
    impl->store = store_;
    impl->log = log_;
    impl->segment = segment;
    impl->damaged = unusable_;
    std::optional<WorkAhead<std::shared_ptr<const OpenCheckpoint>>> ahead;
    if (!store_->is_local() && !segment.checkpoint.empty())
      ahead.emplace([made = impl.get()] { return made->Checkpoint(); });
    if (by_checksum_) impl->checksum = ReadChecksum(*log_, segment);
    std::optional<Protocol> protocol;
    std::optional<Metadata> metadata;
    if (impl->checksum && impl->checksum->protocol && impl->checksum->metadata) {
      protocol = impl->checksum->protocol;
      metadata = impl->checksum->metadata;
    } else {
      Result<CommitChunks> chunks = ReadCommits(*log_, segment.commits, store_->is_local());
      if (IsDamage(chunks.status())) NoteCompactedCommits(segment);
      DELTAIC_RETURN_IF_ERROR(chunks.status());
      TakeNewestState(*chunks, protocol, metadata);
      impl->commit_mark = MarkOf(*chunks, segment.version);
      impl->commits = std::make_shared<const CommitChunks>(*std::move(chunks));
    }
    if (!segment.checkpoint.empty()) {
      const Status status = ReadCheckpoint(*impl, protocol, metadata);
      if (IsDamage(status)) {
        for (const LogFile& file : segment.checkpoint) damaged_.push_back(file.name);
      }
      DELTAIC_RETURN_IF_ERROR(status);
    }
    if (!protocol || !metadata) {
      return Status::Corruption("the log of ", store_->root_uri(), " has no ",
                                !protocol ? "protocol" : "metaData", " action up to version ",
                                segment.version.value);
    }
    impl->protocol = *std::move(protocol);
    impl->metadata = *std::move(metadata);
    ahead.reset();
    return MakeSnapshot(std::move(impl));
  }

  /// Commits have no other copy than the compacted files that cover them.
  void NoteCompactedCommits(const LogSegment& segment) {
    for (const LogFile& file : segment.commits) {
      if (file.parsed.kind == LogFileKind::kCompactedCommit) damaged_.push_back(file.name);
    }
  }

  /// Opens the checkpoint even where the commits tell all: whether it is whole has to be known
  /// while others can take its place.
  static Status ReadCheckpoint(Snapshot::Impl& impl, std::optional<Protocol>& protocol,
                               std::optional<Metadata>& metadata) {
    DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, impl.Checkpoint());
    if (protocol && metadata) return Status::Ok();
    DELTAIC_ASSIGN_OR_RETURN(CheckpointState state,
                             checkpoint->ReadState({.protocol = !protocol, .metadata = !metadata}));
    if (!protocol) protocol = std::move(state.protocol);
    if (!metadata) metadata = std::move(state.metadata);
    if (protocol && metadata) return Status::Ok();
    return Status::Corruption("checkpoint file ", impl.segment.checkpoint.front().name, " has no ",
                              !protocol ? "protocol" : "metaData", " action");
  }

  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<LogStore> log_;
  std::optional<Version> at_;
  std::vector<LogFile> listing_;
  bool listed_all_ = false;
  bool by_checksum_ = true;
  std::vector<std::string> damaged_;
  DamagedFiles unusable_;
};

}  // namespace

Result<CommitChunks> ReadCommits(const LogStore& log, const std::vector<LogFile>& commits,
                                 bool local) {
  const int64_t num_commits = static_cast<int64_t>(commits.size());
  const int num_threads = DefaultThreads(local);
  const int64_t per_chunk =
      std::clamp<int64_t>(num_commits / (num_threads * kChunksPerThread), 1, kMaxCommitsPerChunk);
  CommitChunks chunks((num_commits + per_chunk - 1) / per_chunk);
  DELTAIC_RETURN_IF_ERROR(
      ParallelFor(static_cast<int64_t>(chunks.size()), num_threads, [&](int64_t chunk) -> Status {
        CommitChunkBuilder builder;
        const int64_t end = std::min(num_commits, (chunk + 1) * per_chunk);
        for (int64_t i = chunk * per_chunk; i < end; ++i) {
          const LogFile& file = commits[i];
          DELTAIC_ASSIGN_OR_RETURN(const std::string bytes, ReadCommitFile(log, file.name));
          DELTAIC_RETURN_IF_ERROR(
              builder.Append(file.parsed.version, file.parsed.end_version, bytes, file.name));
        }
        DELTAIC_ASSIGN_OR_RETURN(chunks[chunk], builder.Finish());
        return Status::Ok();
      }));
  return chunks;
}

std::optional<uint64_t> MarkOf(const CommitChunks& chunks, Version version) {
  if (chunks.empty() || chunks.back()->commits.empty()) return std::nullopt;
  const CommitEntry& last = chunks.back()->commits.back();
  const bool is_commit = last.first == version && last.last == version;
  return is_commit ? std::optional(last.mark) : std::nullopt;
}

void TakeNewestState(const CommitChunks& chunks, std::optional<Protocol>& protocol,
                     std::optional<Metadata>& metadata) {
  for (auto chunk = chunks.rbegin(); chunk != chunks.rend(); ++chunk) {
    if (!protocol) protocol = (*chunk)->protocol;
    if (!metadata) metadata = (*chunk)->metadata;
    if (protocol && metadata) return;
  }
}

Result<SnapshotPtr> MakeSnapshot(std::unique_ptr<Snapshot::Impl> impl) {
  DELTAIC_RETURN_IF_ERROR(CheckReadable(impl->protocol, impl->log->has_catalog()
                                                            ? CatalogAccess::kGiven
                                                            : CatalogAccess::kNone)
                              .WithContext(impl->store->root_uri()));
  Result<SchemaPtr> schema = ParseSchema(impl->metadata.schema_string);
  if (!schema.ok()) {
    return schema.status().WithContext(
        Concat("schema of ", impl->store->root_uri(), " at version ", impl->segment.version.value));
  }
  impl->schema = *std::move(schema);
  impl->properties = ParseTableProperties(impl->metadata.configuration);
  impl->column_mapping = ProtocolHasFeature(impl->protocol, "columnMapping")
                             ? impl->properties.column_mapping_mode
                             : ColumnMappingMode::kNone;
  return std::make_shared<const Snapshot>(std::move(impl));
}

Result<SnapshotPtr> LoadSnapshot(const std::shared_ptr<ObjectStore>& store,
                                 const std::shared_ptr<LogStore>& log, std::optional<Version> at) {
  return SnapshotLoader(store, log, at).Load();
}

Result<SnapshotPtr> LoadSnapshotWithout(const std::shared_ptr<ObjectStore>& store,
                                        const std::shared_ptr<LogStore>& log, Version at,
                                        DamagedFiles damaged) {
  return SnapshotLoader(store, log, at).LoadWithout(std::move(damaged));
}

}  // namespace deltaic
