#include "table/log_cleanup.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/percent_encoding.h"
#include "log/log_segment.h"
#include "protocol/table_features.h"
#include "table/checkpoint_parts.h"
#include "table/checkpoint_top.h"
#include "table/clock.h"
#include "table/commit_times.h"
#include "table/log_listing.h"
#include "table/open_checkpoint.h"

namespace deltaic {
namespace {

/// Files between two looks at a cancellation.
constexpr size_t kDeletedAtOnce = 1000;

/// The first version that is newer than the cutoff; the newest where none is.
Version FirstKept(const std::vector<TimedCommit>& commits, Version newest, TimestampMs cutoff) {
  const auto kept = std::ranges::find_if(
      commits, [&](const TimedCommit& commit) { return commit.file_time > cutoff; });
  return kept == commits.end() ? newest : std::min(kept->version, newest);
}

/// Where checkpoints are protected, those below a version go all at once or not at all.
/// Source: PROTOCOL.md, "Checkpoint Protection".
Status CheckProtection(const Snapshot& newest, Version base) {
  const int64_t first =
      newest.properties().require_checkpoint_protection_before_version.value_or(0);
  if (!ProtocolHasFeature(newest.protocol(), "checkpointProtection") || base.value >= first) {
    return Status();
  }
  return Status::Unsupported(
      "the log of ", newest.store()->root_uri(),
      " is not cleaned up: the table protects the checkpoints below version ", first,
      ", which go together, once version ", first, " is older than the retention");
}

/// The checkpoint that is to be left must be one that can be read.
Status CheckBase(const Table& table, Version base) {
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr snapshot, table.Load(base));
  if (snapshot->segment().checkpoint_version == base) {
    // A checksum file may have stood in for the checkpoint, so its files have not been opened yet.
    DELTAIC_ASSIGN_OR_RETURN(const auto checkpoint,
                             OpenCheckpoint::Open(table.log(), snapshot->segment().checkpoint,
                                                  table.store()->is_local()));
    return AsStatus(checkpoint->FileActionFiles());
  }
  return Status::Corruption("the log of ", table.uri(),
                            " is not cleaned up: the checkpoint of "
                            "version ",
                            base.value, ", which would be left, cannot be read");
}

/// The sidecars of no checkpoint that stays, but for young ones, whose checkpoint may be in the
/// making.
Result<std::vector<ObjectMeta>> LostSidecars(const Table& table, const std::vector<LogFile>& kept) {
  constexpr int64_t kDayMs = 24 * 3600 * 1000;
  DELTAIC_ASSIGN_OR_RETURN(std::vector<ObjectMeta> found,
                           table.store()->ListFrom(Concat("_delta_log/", kSidecarFolder), ""));
  for (ObjectMeta& sidecar : found) {
    sidecar.path = Concat(kSidecarFolder, "/", sidecar.path.substr(sidecar.path.rfind('/') + 1));
  }
  const int64_t youngest = NowMs() - kDayMs;
  std::erase_if(found,
                [&](const ObjectMeta& sidecar) { return sidecar.last_modified.value > youngest; });
  if (found.empty()) return found;
  std::set<std::string> named;
  for (const LogFile& file : kept) {
    if (file.parsed.kind == LogFileKind::kMultiPartCheckpoint) continue;  // has none
    DELTAIC_ASSIGN_OR_RETURN(
        const auto checkpoint,
        OpenCheckpoint::Open(table.log(), {&file, 1}, table.store()->is_local()));
    DELTAIC_ASSIGN_OR_RETURN(const CheckpointState state,
                             checkpoint->ReadState({.sidecars = true}));
    for (const Sidecar& sidecar : state.sidecars) {
      const std::string path = PercentDecode(sidecar.path);
      named.insert(Concat(kSidecarFolder, "/", path.substr(path.rfind('/') + 1)));
    }
  }
  std::erase_if(found, [&](const ObjectMeta& sidecar) { return named.contains(sidecar.path); });
  return found;
}

/// Whether a reader that knows classic names alone finds the checkpoint of `version`.
bool HasClassicName(const std::vector<LogFile>& checkpoints, Version version) {
  return std::ranges::any_of(checkpoints, [&](const LogFile& file) {
    return file.parsed.version == version && file.parsed.kind == LogFileKind::kClassicCheckpoint;
  });
}

/// Oldest first, so that what an interrupted cleanup leaves is the newer end of the log.
Status DeleteAll(ObjectStore& store, const std::vector<std::string>& names,
                 const CancellationToken& cancel) {
  for (size_t begin = 0; begin < names.size(); begin += kDeletedAtOnce) {
    DELTAIC_RETURN_IF_ERROR(cancel.Check());
    std::vector<std::string> paths;
    for (size_t i = begin; i < std::min(names.size(), begin + kDeletedAtOnce); ++i) {
      paths.push_back(Concat("_delta_log/", names[i]));
    }
    DELTAIC_RETURN_IF_ERROR(store.DeleteMany(paths));
  }
  return Status();
}

}  // namespace

Result<LogCleanupResult> CleanUpLog(const Table& table, const Snapshot& newest,
                                    const LogCleanup& options) {
  if (table.log()->has_catalog() || ProtocolHasFeature(newest.protocol(), "catalogManaged")) {
    return Status::Unsupported("the log of ", table.uri(),
                               " is kept by a catalog, and is not cleaned up here");
  }
  const TimestampMs cutoff =
      options.cutoff.value_or(TimestampMs{NowMs() - newest.properties().log_retention_ms});
  LogCleanupResult result;
  DELTAIC_ASSIGN_OR_RETURN(std::vector<LogFile> listing, ListLog(*table.log(), Version{0}));
  const std::vector<TimedCommit> commits = TimedCommits(listing);
  const Version first = FirstKept(commits, newest.version(), cutoff);
  DELTAIC_ASSIGN_OR_RETURN(const LogSegment segment, SelectLogSegment(listing, first));
  const Version base = segment.checkpoint_version.value_or(Version{0});
  result.first_version = base;
  std::vector<std::string> commit_files, checkpoint_files;
  std::vector<LogFile> kept_checkpoints;
  for (const LogFile& file : listing) {
    if (file.parsed.end_version >= base) {
      if (file.parsed.is_checkpoint()) kept_checkpoints.push_back(file);
      continue;
    }
    (file.parsed.is_checkpoint() ? checkpoint_files : commit_files).push_back(file.name);
    result.num_bytes += file.size_bytes;
  }
  std::ranges::sort(commit_files);
  std::ranges::sort(checkpoint_files);
  result.files = commit_files;
  result.files.insert(result.files.end(), checkpoint_files.begin(), checkpoint_files.end());
  if (result.files.empty()) return result;
  DELTAIC_RETURN_IF_ERROR(CheckProtection(newest, base));
  DELTAIC_RETURN_IF_ERROR(CheckBase(table, base));
  std::vector<std::string> sidecars;
  if (ProtocolHasFeature(newest.protocol(), "v2Checkpoint")) {
    DELTAIC_ASSIGN_OR_RETURN(const auto lost, LostSidecars(table, kept_checkpoints));
    for (const ObjectMeta& sidecar : lost) {
      sidecars.push_back(sidecar.path);
      result.num_bytes += sidecar.size_bytes;
    }
    result.files.insert(result.files.end(), sidecars.begin(), sidecars.end());
  }
  if (options.dry_run) return result;
  // Once the first commits are gone, readers that do not know names with UUIDs find the protocol in
  // no other place.
  if (!HasClassicName(kept_checkpoints, base) && !segment.checkpoint.empty()) {
    DELTAIC_RETURN_IF_ERROR(WriteClassicTwin(table, segment.checkpoint));
  }
  DELTAIC_RETURN_IF_ERROR(DeleteAll(*table.store(), commit_files, options.cancel));
  DELTAIC_RETURN_IF_ERROR(DeleteAll(*table.store(), checkpoint_files, options.cancel));
  DELTAIC_RETURN_IF_ERROR(DeleteAll(*table.store(), sidecars, options.cancel));
  return result;
}

TimestampMs AutomaticCutoff(const TableProperties& properties, int64_t now_ms) {
  constexpr int64_t kDayMs = 24 * 3600 * 1000;
  const int64_t cutoff = now_ms - properties.log_retention_ms;
  return TimestampMs{cutoff - ((cutoff % kDayMs) + kDayMs) % kDayMs};
}

}  // namespace deltaic
