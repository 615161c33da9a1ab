#include <algorithm>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "protocol/table_features.h"
#include "storage/parallel_for.h"
#include "table/commit_times.h"
#include "table/snapshot_impl.h"
#include "table/table.h"

namespace deltaic {
namespace {

std::string TimeText(TimestampMs time) {
  constexpr int64_t kMostMs = INT64_MAX / 1000;
  const int64_t bounded = std::clamp(time.value, -kMostMs, kMostMs);
  return FormatTimestampMillis(bounded * 1000, ' ', "Z");
}

Status OutsideLog(TimestampMs asked, const char* relation, TimestampMs limit, Version version) {
  return Status::InvalidArgument(TimeText(asked), " is ", relation, " commit, version ",
                                 version.value, " of ", TimeText(limit));
}

/// Puts the times inside commits in the place of those of files, where the table has them. Any
/// commit may have such a field, so the table decides, which is loaded only then.
Status TakeInCommitTimestamps(const Table& table, std::vector<HistoryEntry>& entries) {
  const auto has_time = [](const HistoryEntry& entry) {
    return entry.commit_info && entry.commit_info->in_commit_timestamp;
  };
  if (std::ranges::none_of(entries, has_time)) return Status::Ok();
  const Result<SnapshotPtr> newest = table.Load();
  // The history of a table that this build cannot read is told as its commits tell it.
  const bool unreadable = newest.status().code() == StatusCode::kUnsupported;
  if (!unreadable) DELTAIC_RETURN_IF_ERROR(newest.status());
  for (HistoryEntry& entry : entries) {
    if (has_time(entry) && (unreadable || HasInCommitTimestamp(**newest, entry.version))) {
      entry.timestamp = TimestampMs{*entry.commit_info->in_commit_timestamp};
    }
  }
  return Status::Ok();
}

}  // namespace

bool HasInCommitTimestamp(const Snapshot& table, Version version) {
  return HasInCommitTimestamp(table.protocol(), table.properties(), version);
}

bool HasInCommitTimestamp(const Protocol& protocol, const TableProperties& properties,
                          Version version) {
  return properties.enable_in_commit_timestamps &&
         ProtocolHasFeature(protocol, "inCommitTimestamp") &&
         version.value >= properties.in_commit_timestamp_enablement_version.value_or(0);
}

Result<std::optional<int64_t>> ReadInCommitTimestamp(const LogStore& log, Version version) {
  const std::string name = CommitFileName(version);
  DELTAIC_ASSIGN_OR_RETURN(const std::string bytes, log.Read(name));
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<CommitInfo> info, ParseCommitInfo(bytes, name));
  return info ? info->in_commit_timestamp : std::nullopt;
}

Result<Version> Table::VersionAt(TimestampMs time) const {
  DELTAIC_ASSIGN_OR_RETURN(const SnapshotPtr newest, Load());
  DELTAIC_ASSIGN_OR_RETURN(const CommitTimeline timeline, CommitTimeline::Load(*newest));
  const std::vector<TimedCommit>& commits = timeline.commits();
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs last, timeline.TimeOf(commits.back()));
  if (time > last) return OutsideLog(time, "after the last", last, commits.back().version);
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<size_t> found, timeline.LastUntil(time));
  if (found) return commits[*found].version;
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs first, timeline.TimeOf(commits.front()));
  return OutsideLog(time, "before the first", first, commits.front().version);
}

Result<std::vector<HistoryEntry>> Table::History(std::optional<int64_t> limit) const {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing, ListLog(*log_, Version{0}));
  if (listing.empty()) return Status::NotFound("no Delta table at ", uri());
  const std::vector<TimedCommit> commits = TimedCommits(listing);
  const int64_t count = std::min<int64_t>(static_cast<int64_t>(commits.size()),
                                          std::max<int64_t>(limit.value_or(INT64_MAX), 0));
  std::vector<HistoryEntry> out(count);
  DELTAIC_RETURN_IF_ERROR(
      ParallelFor(count, DefaultThreads(store_->is_local()), [&](int64_t i) -> Status {
        const TimedCommit& commit = commits[commits.size() - 1 - i];
        const std::string name = CommitFileName(commit.version);
        DELTAIC_ASSIGN_OR_RETURN(const std::string bytes, log_->Read(name));
        DELTAIC_ASSIGN_OR_RETURN(out[i].commit_info, ParseCommitInfo(bytes, name));
        out[i].version = commit.version;
        out[i].timestamp = commit.file_time;
        return Status::Ok();
      }));
  DELTAIC_RETURN_IF_ERROR(TakeInCommitTimestamps(*this, out));
  return out;
}

}  // namespace deltaic
