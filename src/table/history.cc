#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/civil_time.h"
#include "table/parallel_for.h"
#include "table/snapshot_impl.h"
#include "table/table.h"

namespace deltaic {
namespace {

/// A commit file and the time that counts for it where the log holds none.
struct TimedCommit {
  Version version;
  TimestampMs file_time;
};

/// The commits of a listing, oldest first. Stores may give a later commit an earlier time; each
/// commit counts as later than the one before it, as in Spark.
std::vector<TimedCommit> TimedCommits(const std::vector<LogFile>& listing) {
  std::vector<TimedCommit> out;
  for (const LogFile& file : listing) {
    if (file.parsed.kind == LogFileKind::kCommit)
      out.push_back({file.parsed.version, file.last_modified});
  }
  std::ranges::sort(out, {}, &TimedCommit::version);
  for (size_t i = 1; i < out.size(); ++i) {
    out[i].file_time.value = std::max(out[i].file_time.value, out[i - 1].file_time.value + 1);
  }
  return out;
}

/// Drops the commits whose version cannot be loaded any more: those before the newest gap, and
/// before the first checkpoint.
void DropUnloadable(std::vector<TimedCommit>& commits, const std::vector<LogFile>& listing) {
  size_t first = commits.empty() ? 0 : commits.size() - 1;
  while (first > 0 && commits[first - 1].version.Next() == commits[first].version) --first;
  std::set<Version> checkpoints;
  for (const LogFile& file : listing) {
    if (file.parsed.is_checkpoint()) checkpoints.insert(file.parsed.version);
  }
  while (first < commits.size() && commits[first].version.value != 0 &&
         !checkpoints.contains(commits[first].version) &&
         (first == 0 || !checkpoints.contains(Version{commits[first].version.value - 1}))) {
    ++first;
  }
  commits.erase(commits.begin(), commits.begin() + static_cast<ptrdiff_t>(first));
}

Result<TimestampMs> InCommitTime(const LogStore& log, Version version) {
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<int64_t> time, ReadInCommitTimestamp(log, version));
  if (time) return TimestampMs{*time};
  return Status::Corruption("commit ", version.value,
                            " has no inCommitTimestamp, which the table's properties promise");
}

std::string TimeText(TimestampMs time) {
  constexpr int64_t kMostMs = INT64_MAX / 1000;
  const int64_t bounded = std::clamp(time.value, -kMostMs, kMostMs);
  return FormatTimestampMillis(bounded * 1000, ' ', "Z");
}

Status OutsideLog(TimestampMs asked, const char* relation, TimestampMs limit, Version version) {
  return Status::InvalidArgument(TimeText(asked), " is ", relation, " commit, version ",
                                 version.value, " of ", TimeText(limit));
}

}  // namespace

bool HasInCommitTimestamp(const TableProperties& properties, Version version) {
  return properties.enable_in_commit_timestamps &&
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
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing,
                           ListLog(*log_, VersionPrefix(Version{0})));
  std::vector<TimedCommit> commits = TimedCommits(listing);
  DropUnloadable(commits, listing);
  std::erase_if(commits,
                [&](const TimedCommit& commit) { return commit.version > newest->version(); });
  if (commits.empty()) {
    return Status::NotFound("the log of ", uri(), " holds no commit, so no version has a time");
  }
  const TableProperties& properties = newest->properties();
  const auto time_of = [&](const TimedCommit& commit) -> Result<TimestampMs> {
    if (!HasInCommitTimestamp(properties, commit.version)) return commit.file_time;
    return InCommitTime(*log_, commit.version);
  };
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs last, time_of(commits.back()));
  if (time > last) return OutsideLog(time, "after the last", last, commits.back().version);

  // Times rise with versions, but only among commits of one kind: those whose time is in the log
  // come after the others.
  const int64_t enabled_at =
      properties.in_commit_timestamp_enablement_timestamp.value_or(INT64_MIN);
  const auto first_in_commit = std::ranges::find_if(commits, [&](const TimedCommit& commit) {
    return HasInCommitTimestamp(properties, commit.version);
  });
  auto low = commits.begin(), high = commits.end();
  if (first_in_commit != commits.end()) {
    (time.value >= enabled_at ? low : high) = first_in_commit;
  }
  if (low == high) low = commits.begin();
  const TimedCommit oldest = *low;
  // The last commit of [low, high) that is not later than `time`.
  std::optional<Version> found;
  while (low != high) {
    const auto middle = low + (high - low) / 2;
    DELTAIC_ASSIGN_OR_RETURN(const TimestampMs at, time_of(*middle));
    if (at <= time) {
      found = middle->version;
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (found) return *found;
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs first, time_of(oldest));
  return OutsideLog(time, "before the first", first, oldest.version);
}

Result<std::vector<HistoryEntry>> Table::History(std::optional<int64_t> limit) const {
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing,
                           ListLog(*log_, VersionPrefix(Version{0})));
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
        // Only a commit of a table with the feature has one, so it needs no look at the properties
        // of that version.
        if (out[i].commit_info && out[i].commit_info->in_commit_timestamp) {
          out[i].timestamp = TimestampMs{*out[i].commit_info->in_commit_timestamp};
        }
        return Status::Ok();
      }));
  return out;
}

}  // namespace deltaic
