#include "table/log_cleanup.h"

#include <algorithm>
#include <utility>

#include "log/log_segment.h"
#include "protocol/table_features.h"
#include "table/clock.h"
#include "table/commit_times.h"
#include "table/log_listing.h"

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
  if (snapshot->segment().checkpoint_version == base) return Status();
  return Status::Corruption("the log of ", table.uri(),
                            " is not cleaned up: the checkpoint of "
                            "version ",
                            base.value, ", which would be left, cannot be read");
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
  for (const LogFile& file : listing) {
    if (file.parsed.end_version >= base) continue;
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
  if (options.dry_run) return result;
  DELTAIC_RETURN_IF_ERROR(DeleteAll(*table.store(), commit_files, options.cancel));
  DELTAIC_RETURN_IF_ERROR(DeleteAll(*table.store(), checkpoint_files, options.cancel));
  return result;
}

TimestampMs AutomaticCutoff(const TableProperties& properties, int64_t now_ms) {
  constexpr int64_t kDayMs = 24 * 3600 * 1000;
  const int64_t cutoff = now_ms - properties.log_retention_ms;
  return TimestampMs{cutoff - ((cutoff % kDayMs) + kDayMs) % kDayMs};
}

}  // namespace deltaic
