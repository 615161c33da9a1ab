#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/fork.h"
#include "data/actions/commit_reader.h"
#include "log/file_replay.h"
#include "protocol/version_checksum.h"
#include "table/log_listing.h"
#include "table/open_checkpoint.h"
#include "table/snapshot.h"

namespace deltaic {

/// The replay of the commits after the checkpoint. Immutable once made: safe from any thread.
struct TailReplay {
  FileReplay replay;
  std::vector<std::vector<uint8_t>> live_adds;     ///< by chunk, then row
  std::vector<std::vector<uint8_t>> live_removes;  ///< by chunk, then row
};

using CommitChunks = std::vector<std::shared_ptr<const CommitChunk>>;

/// Log files that were found damaged, with how many snapshots in a row found some.
struct DamagedFiles {
  std::vector<std::string> names;
  int findings = 0;
};

struct Snapshot::Impl {
  std::shared_ptr<ObjectStore> store;
  std::shared_ptr<LogStore> log;
  LogSegment segment;
  Protocol protocol;
  Metadata metadata;
  SchemaPtr schema;
  TableProperties properties;
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;
  std::optional<VersionChecksum> checksum;  ///< that of the version, where one was read
  DamagedFiles damaged;                     ///< log files that this one does without
  /// By which the commit of the version is known again; none where it was not read.
  std::optional<uint64_t> commit_mark;

  // Read when asked for, once.
  mutable ForkSafeMutex mutex;
  mutable std::shared_ptr<const CommitChunks> commits;  ///< nullptr until a file is asked for,
                                                        ///< where a checksum told the rest
  mutable std::shared_ptr<const OpenCheckpoint> checkpoint;
  mutable std::shared_ptr<const TailReplay> replay;
  mutable std::optional<FileTotals> totals;
  mutable std::optional<std::map<std::string, Txn, std::less<>>> txns;
  mutable std::optional<std::map<std::string, DomainMetadata>> domains;
  mutable std::optional<TimestampMs> timestamp;
  mutable SnapshotPtr alternative;

  /// The commits of `segment`, ascending; never null.
  /// \retval kCorruption  a commit is damaged, or speaks against `protocol` or `metadata`.
  Result<std::shared_ptr<const CommitChunks>> Commits() const;
  /// Those already read; nullptr if none were.
  std::shared_ptr<const CommitChunks> CommitsIfRead() const;
  /// nullptr where the segment has no checkpoint.
  Result<std::shared_ptr<const OpenCheckpoint>> Checkpoint() const;
  Result<std::shared_ptr<const TailReplay>> Replay() const;

  /// The same version from other files of the log, its commits read. Made once, with a warning.
  /// \param damage  what is wrong with a file of `segment`: the error where the log has no others.
  Result<SnapshotPtr> Alternative(const Status& damage) const;
  /// The one already made; else nullptr.
  SnapshotPtr AlternativeIfMade() const;
};

/// True for the error of a log file that is damaged or gone, for which others may stand in.
bool IsDamage(const Status& status);

/// True if files of `segment` stand for commits, which can be read instead.
bool HasCompactedCommits(const LogSegment& segment);

/// The error of `damage` where no other files give the version, because of `why`.
Status NoAlternative(const Status& damage, Version version, const ObjectStore& store,
                     const Status& why);

/// Tells the log sink that `instead` is read because of `damage`.
void WarnOfDamage(const Status& damage, const LogSegment& instead, const ObjectStore& store);

/// `snapshot`, or the last of its alternatives.
SnapshotPtr LastAlternative(SnapshotPtr snapshot);

/// Runs `read` over the Impl of `snapshot`, or, where it finds damage, over that of an alternative.
/// Its commits are read before that.
template <typename Read>
auto ReadUndamaged(SnapshotPtr snapshot, const Read& read)
    -> std::invoke_result_t<Read, const SnapshotPtr&> {
  snapshot = LastAlternative(std::move(snapshot));
  // Commits that contradict what the snapshot has told already are no damage to be passed over.
  Status commits = snapshot->impl().Commits().status();
  const bool replaceable = commits.code() == StatusCode::kNotFound ||
                           (IsDamage(commits) && HasCompactedCommits(snapshot->segment()));
  if (!replaceable) DELTAIC_RETURN_IF_ERROR(commits);
  while (true) {
    Status damage = std::exchange(commits, Status::Ok());
    if (damage.ok()) {
      auto out = read(snapshot);
      if (!IsDamage(out.status())) return out;
      damage = out.status();
    }
    DELTAIC_ASSIGN_OR_RETURN(snapshot, snapshot->impl().Alternative(damage));
  }
}

/// Reads and parses commits on many threads, in chunks of several commits.
Result<CommitChunks> ReadCommits(const LogStore& log, const std::vector<LogFile>& commits,
                                 bool local);

/// The mark of the commit of `version`, where `chunks` end with it.
std::optional<uint64_t> MarkOf(const CommitChunks& chunks, Version version);

/// Takes over the newest protocol and metadata of `chunks`, where they have them.
void TakeNewestState(const CommitChunks& chunks, std::optional<Protocol>& protocol,
                     std::optional<Metadata>& metadata);

/// The snapshot of a segment whose newest protocol and metadata are known.
/// \retval kUnsupported  a reader feature this build lacks.  \retval kCorruption  a schema that
/// does not parse.
Result<SnapshotPtr> MakeSnapshot(std::unique_ptr<Snapshot::Impl> impl);

/// The newest version, or `at`, from the log. See Table::Load.
Result<SnapshotPtr> LoadSnapshot(const std::shared_ptr<ObjectStore>& store,
                                 const std::shared_ptr<LogStore>& log, std::optional<Version> at);

/// The same from other log files than `damaged`, without a checksum file.
Result<SnapshotPtr> LoadSnapshotWithout(const std::shared_ptr<ObjectStore>& store,
                                        const std::shared_ptr<LogStore>& log, Version at,
                                        DamagedFiles damaged);

/// See Table::Refresh.
Result<SnapshotPtr> RefreshSnapshot(const SnapshotPtr& base);

/// The commit's inCommitTimestamp, or nullopt. \retval kNotFound  the commit file is gone.
Result<std::optional<int64_t>> ReadInCommitTimestamp(const LogStore& log, Version version);

}  // namespace deltaic
