#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "base/strong_types.h"
#include "ops/optimize/group_rewrite.h"
#include "table/table.h"
#include "table/transaction.h"

namespace deltaic {

/// How many files there are, and how large.
struct FileSizes {
  int64_t num_files = 0, total_bytes = 0, min_bytes = 0, max_bytes = 0;
  void Count(int64_t bytes);
  void CountAll(const FileSizes& others);
};

/// What was committed so far.
struct RearrangementCounts {
  FileSizes added, removed;
  int64_t num_vectors_removed = 0;
  int64_t num_rows = 0, num_batches = 0;
  int64_t num_partitions = 0;
  int64_t max_group_files = 0;  ///< of the groups
  int64_t num_commits = 0;
  int64_t num_retries = 0;
  /// Groups that were written for nothing: others changed or removed a file of theirs meanwhile.
  int64_t num_groups_given_up = 0;
};

/// Commits groups whose rows were put into other files, so that no reader of changes sees it.
/// Appends and other commits that leave the groups' files alone may come between. Where one changed
/// a file of some groups, the others are committed and those are given up. One thread at a time.
class RearrangementCommit {
 public:
  /// \param spec  without metrics.
  /// \param base  that the groups were planned on.
  RearrangementCommit(std::shared_ptr<Table> table, SnapshotPtr base, CommitSpec spec)
      : table_(std::move(table)), snapshot_(base), base_(std::move(base)), spec_(std::move(spec)) {}

  /// Actions that are committed along with the next groups.
  void AddDomain(DomainMetadata domain) { domains_.push_back(std::move(domain)); }

  /// Makes one commit of `groups`, unless none is left.
  /// \retval kConflict  the table became another one: its schema, protocol or properties changed.
  Status Commit(std::vector<std::unique_ptr<RewrittenGroup>> groups);

  const SnapshotPtr& snapshot() const { return snapshot_; }
  std::optional<Version> version() const { return version_; }  ///< of the last commit
  const RearrangementCounts& counts() const { return counts_; }

 private:
  Result<CommitResult> TryCommit(const std::vector<std::unique_ptr<RewrittenGroup>>& groups) const;
  Status DropChanged(std::vector<std::unique_ptr<RewrittenGroup>>& groups);
  void Count(const std::vector<std::unique_ptr<RewrittenGroup>>& groups);

  const std::shared_ptr<Table> table_;
  SnapshotPtr snapshot_;
  const SnapshotPtr base_;
  const CommitSpec spec_;
  std::vector<DomainMetadata> domains_;
  std::optional<Version> version_;
  RearrangementCounts counts_;
  std::set<PartitionValues> partitions_;  ///< of committed groups
};

}  // namespace deltaic
