#include "table/commit_times.h"

#include <algorithm>
#include <set>

#include "table/snapshot_impl.h"

namespace deltaic {
namespace {

/// How far before a commit its time may depend on those of others: Spark looks as far back.
constexpr int64_t kCommitsToLookBack = 100;

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

}  // namespace

std::vector<TimedCommit> TimedCommits(const std::vector<LogFile>& listing) {
  std::vector<TimedCommit> out;
  for (const LogFile& file : listing) {
    if (file.parsed.kind == LogFileKind::kCommit)
      out.push_back({file.parsed.version, file.last_modified, file.size_bytes});
  }
  std::ranges::sort(out, {}, &TimedCommit::version);
  for (size_t i = 1; i < out.size(); ++i) {
    out[i].file_time.value = std::max(out[i].file_time.value, out[i - 1].file_time.value + 1);
  }
  return out;
}

Result<std::vector<TimedCommit>> ListTimedCommits(const LogStore& log, Version first,
                                                  Version last) {
  const Version from{std::max<int64_t>(first.value - kCommitsToLookBack, 0)};
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing, ListLog(log, from));
  std::vector<TimedCommit> commits = TimedCommits(listing);
  std::erase_if(commits, [&](const TimedCommit& commit) {
    return commit.version < first || commit.version > last;
  });
  return commits;
}

Result<CommitTimeline> CommitTimeline::Load(const Snapshot& newest) {
  CommitTimeline timeline;
  timeline.log_ = newest.log();
  timeline.protocol_ = newest.protocol();
  timeline.properties_ = newest.properties();
  DELTAIC_ASSIGN_OR_RETURN(const std::vector<LogFile> listing, ListLog(*timeline.log_, Version{0}));
  timeline.commits_ = TimedCommits(listing);
  DropUnloadable(timeline.commits_, listing);
  std::erase_if(timeline.commits_,
                [&](const TimedCommit& commit) { return commit.version > newest.version(); });
  if (timeline.commits_.empty()) {
    return Status::NotFound("the log of ", newest.store()->root_uri(),
                            " holds no commit, so no version has a time");
  }
  return timeline;
}

Result<TimestampMs> CommitTimeline::TimeOf(const TimedCommit& commit) const {
  if (!HasInCommitTimestamp(protocol_, properties_, commit.version)) return commit.file_time;
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<int64_t> time,
                           ReadInCommitTimestamp(*log_, commit.version));
  if (time) return TimestampMs{*time};
  return Status::Corruption("commit ", commit.version.value,
                            " has no inCommitTimestamp, which the table's properties promise");
}

Result<std::optional<size_t>> CommitTimeline::LastUntil(TimestampMs time) const {
  // Times rise with versions, but only among commits of one kind: those whose time is in the log
  // come after the others.
  const int64_t enabled_at =
      properties_.in_commit_timestamp_enablement_timestamp.value_or(INT64_MIN);
  const auto first_in_commit = std::ranges::find_if(commits_, [&](const TimedCommit& commit) {
    return HasInCommitTimestamp(protocol_, properties_, commit.version);
  });
  auto low = commits_.begin(), high = commits_.end();
  if (first_in_commit != commits_.end()) {
    (time.value >= enabled_at ? low : high) = first_in_commit;
  }
  std::optional<size_t> found;
  while (low != high) {
    const auto middle = low + (high - low) / 2;
    DELTAIC_ASSIGN_OR_RETURN(const TimestampMs at, TimeOf(*middle));
    if (at <= time) {
      found = static_cast<size_t>(middle - commits_.begin());
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return found;
}

Result<std::optional<size_t>> CommitTimeline::FirstSince(TimestampMs time) const {
  DELTAIC_ASSIGN_OR_RETURN(const std::optional<size_t> last, LastUntil(time));
  if (!last) return std::optional<size_t>(0);
  DELTAIC_ASSIGN_OR_RETURN(const TimestampMs at, TimeOf(commits_[*last]));
  if (at == time) return last;
  return *last + 1 < commits_.size() ? std::optional(*last + 1) : std::nullopt;
}

}  // namespace deltaic
