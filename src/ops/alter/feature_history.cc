#include "ops/alter/feature_history.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "log/log_segment.h"
#include "ops/alter/drop_feature.h"
#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"
#include "protocol/table_features.h"
#include "storage/clock.h"
#include "storage/log_store.h"
#include "table/checkpoint.h"
#include "table/commit_times.h"
#include "table/log_cleanup.h"
#include "table/log_listing.h"
#include "table/open_checkpoint.h"

namespace deltaic {
namespace {

/// What one commit says of a feature.
struct CommitTraces {
  bool in_files = false;            ///< a file that it adds or removes has it
  std::optional<bool> in_metadata;  ///< set where the commit sets the metadata
};

Result<CommitTraces> TracesOf(const LogStore& log, Version version, const std::string& feature) {
  const std::string name = CommitFileName(version);
  DELTAIC_ASSIGN_OR_RETURN(const std::string text, log.Read(name));
  ActionFilter filter = kFileActions;
  filter.metadata = true;
  const bool is_vectors = feature == "deletionVectors";
  CommitTraces traces;
  DELTAIC_RETURN_IF_ERROR(ParseCommit(text, name, filter, [&](Action&& action) -> Status {
    if (const auto* metadata = std::get_if<Metadata>(&action)) {
      DELTAIC_ASSIGN_OR_RETURN(traces.in_metadata, IsInMetadata(*metadata, feature));
    } else if (const auto* add = std::get_if<Add>(&action)) {
      traces.in_files = traces.in_files || (is_vectors && add->deletion_vector);
    } else if (const auto* remove = std::get_if<Remove>(&action)) {
      traces.in_files = traces.in_files || (is_vectors && remove->deletion_vector);
    }
    return Status();
  }));
  return traces;
}

/// True for a checkpoint of the V2 form, whatever its name.
Result<bool> IsV2(const Table& table, const LogFile& file) {
  if (file.parsed.kind == LogFileKind::kMultiPartCheckpoint) return false;
  if (file.parsed.kind != LogFileKind::kClassicCheckpoint) return true;
  DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint, OpenCheckpoint::Open(table.log(), {&file, 1},
                                                                       table.store()->is_local()));
  DELTAIC_ASSIGN_OR_RETURN(const CheckpointState state, checkpoint->ReadState({.sidecars = true}));
  return !state.sidecars.empty();
}

/// The oldest version that can be loaded: that of the oldest checkpoint, unless the log is whole.
Version OldestOf(const std::vector<LogFile>& listing, const std::vector<TimedCommit>& commits) {
  if (!commits.empty() && commits.front().version.value == 0) return Version{0};
  for (const LogFile& file : listing) {
    if (file.parsed.is_checkpoint()) return file.parsed.end_version;
  }
  return Version{0};
}

}  // namespace

Result<Version> FirstVersionWithout(const Table& table, const Snapshot& newest,
                                    const std::string& feature, const CancellationToken& cancel) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing, ListLog(*table.log(), Version{0}));
  const std::vector<TimedCommit> commits = TimedCommits(listing);
  const Version oldest = OldestOf(listing, commits);
  Version first = oldest;
  // Checkpoints of what may be dropped are protected together.
  if (ProtocolHasFeature(newest.protocol(), "checkpointProtection")) {
    const auto before = newest.properties().require_checkpoint_protection_before_version;
    first = std::max(first, Version{before.value_or(0)});
  }
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr base, table.Load(oldest));
  DELTAIC_ASSIGN_OR_RETURN(bool in_metadata, IsInMetadata(base->metadata(), feature));
  for (const TimedCommit& commit : commits) {
    if (commit.version < oldest) continue;
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const CommitTraces traces,
                             TracesOf(*table.log(), commit.version, feature));
    in_metadata = traces.in_metadata.value_or(in_metadata);
    if (in_metadata || traces.in_files) first = std::max(first, Version{commit.version.value + 1});
  }
  if (feature != "v2Checkpoint") return first;
  for (const LogFile& file : listing) {
    if (!file.parsed.is_checkpoint() || file.parsed.end_version < first) continue;
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    DELTAIC_ASSIGN_OR_RETURN(const bool is_v2, IsV2(table, file));
    if (is_v2) first = std::max(first, Version{file.parsed.end_version.value + 1});
  }
  return first;
}

Status TruncateLogBefore(const Table& table, const Snapshot& newest, Version first,
                         int64_t retention_ms, const CancellationToken& cancel) {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing, ListLog(*table.log(), Version{0}));
  const std::vector<TimedCommit> commits = TimedCommits(listing);
  const auto commit = std::ranges::find(commits, first, &TimedCommit::version);
  if (commit == commits.end()) {
    return Status::NotFound("the commit of version ", first.value, " is not in the log of ",
                            table.uri());
  }
  const bool has_older = commits.front().version < first;
  // When it was, rather than when it counts as: commits of one millisecond follow each other there.
  const auto file = std::ranges::find(listing, CommitFileName(first), &LogFile::name);
  const int64_t from_ms =
      std::min(file->last_modified.value, commit->file_time.value) + retention_ms;
  if (has_older && from_ms > NowMs()) {
    return Status::InvalidArgument(
        "versions before ", first.value, " of ", table.uri(),
        " use the feature, and may be needed until ",
        FormatTimestampMillis(from_ms * 1000, ' ', "Z"),
        " (delta.dropFeatureTruncateHistory.retentionDuration): run it again then, and they are "
        "deleted");
  }
  DELTAIC_ASSIGN_OR_RETURN(const LogSegment segment, SelectLogSegment(listing, first));
  if (segment.checkpoint_version != first) {
    DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, table.Load(first));
    DELTAIC_RETURN_IF_ERROR(WriteCheckpoint(*snapshot, {.cancel = cancel}));
  }
  return AsStatus(CleanUpLog(
      table, newest, {.cutoff = TimestampMs{commit->file_time.value - 1}, .cancel = cancel}));
}

}  // namespace deltaic
