#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/cancellation.h"
#include "log/change_schema.h"
#include "log/commit_changes.h"
#include "storage/log_store.h"
#include "table/commit_times.h"

namespace deltaic {

/// Which commits to read the changes of.
struct ChangeFeed {
  std::shared_ptr<LogStore> log;
  std::string table_uri;             ///< for messages
  StoreTraits store;                 ///< of the table
  std::vector<TimedCommit> commits;  ///< ascending without gaps
  SnapshotPtr table;                 ///< no older than they are
  /// The table's at the last of them, where it is known.
  std::optional<Metadata> last_metadata;
  /// The table's at the first of them; asked before Open() returns, and only if
  /// the commits do not tell it.
  std::function<Result<Metadata>()> load_first_metadata;
  FileSchema read_schema;   ///< what all rows are to be given as
  bool with_stats = false;  ///< statistics of files are wanted
};

/// One of them, read.
struct ChangeCommit {
  CommitChanges changes;
  std::string timestamp;  ///< its time, as a partition value has it
  /// The keys that `partitionValues` of what it adds must have.
  std::shared_ptr<const std::vector<std::string>> partition_keys;
};

/// Reads and checks commits in windows of a few megabytes, each on many threads. One thread at a
/// time.
class ChangeCommits {
 public:
  /// Reads the first window.
  /// \retval kInvalidArgument  in one of its commits the feed is off, or the schema is one whose
  /// rows read_schema cannot give; Next() says the same of later windows.
  static Result<std::unique_ptr<ChangeCommits>> Open(ChangeFeed feed, CancellationToken cancel);

  ChangeCommits(ChangeFeed feed, CancellationToken cancel)
      : feed_(std::move(feed)), cancel_(std::move(cancel)) {}

  /// In their order; nullopt at the end.
  Result<std::optional<ChangeCommit>> Next();
  bool may_have_more() const {
    return next_in_window_ < window_.size() || next_commit_ < feed_.commits.size();
  }

 private:
  Status ReadWindow();
  Status CheckWindow(size_t begin);
  Result<Metadata> FirstMetadata() const;
  Result<ChangeCommit> ReadCommit(const TimedCommit& commit) const;
  Status CheckMetadata(const Metadata& metadata, size_t in_window);
  Status FeedIsOff(size_t in_window) const;

  ChangeFeed feed_;
  CancellationToken cancel_;
  size_t next_commit_ = 0;  ///< in feed_.commits, to read
  std::vector<ChangeCommit> window_;
  size_t next_in_window_ = 0;
  std::shared_ptr<const std::vector<std::string>> partition_keys_;  ///< at the commit looked at
};

}  // namespace deltaic
