#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "log/log_segment.h"
#include "protocol/actions.h"
#include "protocol/table_properties.h"
#include "storage/log_store.h"
#include "table/snapshot.h"

namespace deltaic {

/// A commit file and the time that counts for it where the log holds none.
struct TimedCommit {
  Version version;
  TimestampMs file_time;
  int64_t size_bytes = 0;
};

/// The commits of a listing, oldest first. Stores may give a later commit an earlier time; each
/// commit counts as later than the one before it, as in Spark.
std::vector<TimedCommit> TimedCommits(const std::vector<LogFile>& listing);

/// The commits among first..last that the log still has, oldest first.
Result<std::vector<TimedCommit>> ListTimedCommits(const LogStore& log, Version first, Version last);

/// True if the time of commit `version` is the one inside it rather than that of its file: any
/// commit may name one, but only those of a table with the feature count.
/// \param table  of that version or a later one.
bool HasInCommitTimestamp(const Snapshot& table, Version version);
bool HasInCommitTimestamp(const Protocol& protocol, const TableProperties& properties,
                          Version version);

/// When the versions of a table were committed, as far back as they can be loaded. Immutable: safe
/// from any thread. Times of commits that have theirs inside are read when asked for.
class CommitTimeline {
 public:
  /// \retval kNotFound  the log holds no commit.
  static Result<CommitTimeline> Load(const Snapshot& newest);

  /// Oldest first, never empty.
  const std::vector<TimedCommit>& commits() const { return commits_; }
  Result<TimestampMs> TimeOf(const TimedCommit& commit) const;
  /// The last of commits() that is not later than `time`, by position; nullopt where all are later.
  Result<std::optional<size_t>> LastUntil(TimestampMs time) const;
  /// The first of commits() that is not earlier than `time`; nullopt where all are earlier.
  Result<std::optional<size_t>> FirstSince(TimestampMs time) const;

 private:
  std::shared_ptr<LogStore> log_;
  Protocol protocol_;
  TableProperties properties_;
  std::vector<TimedCommit> commits_;
};

}  // namespace deltaic
