#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "log/transaction_reads.h"
#include "protocol/actions.h"
#include "table/snapshot.h"
#include "table/table.h"

namespace deltaic {

/// What the commitInfo says and how the commit behaves.
struct CommitSpec {
  std::string operation = "WRITE";  ///< Spark's names: WRITE, CREATE TABLE, DELETE ...
  std::vector<std::pair<std::string, std::string>>
      parameters;  ///< operationParameters: key, JSON value
  std::vector<std::pair<std::string, std::string>>
      metrics;  ///< operationMetrics: key, value (written as text, as Spark does)
  std::vector<std::pair<std::string, std::string>>
      custom;  ///< further commitInfo keys, JSON values (CommitProperties.custom_metadata)
  std::string engine_info;  ///< default "deltaic/<version>"
  int max_retries =
      10000;  ///< lost races that commute are retried this often; one writer wins each
  bool post_commit_checkpoint = true;  ///< write a checkpoint each delta.checkpointInterval commits
  /// Whether such a checkpoint deletes what the log need not keep; unset: as
  /// delta.enableExpiredLogCleanup has it.
  std::optional<bool> cleanup_expired_logs;
  StringMap tags;  ///< commitInfo tags; of Deltaic's own making unless given
  CancellationToken cancel = CancellationToken::None();  ///< looked at before each try
  std::optional<std::chrono::milliseconds> timeout;      ///< for losing races; default: none
};

struct CommitResult {
  Version version;
  int num_retries = 0;
  SnapshotPtr snapshot;  ///< the table as of `version`
  std::optional<Status>
      checkpoint;  ///< set where a checkpoint was due: its failure does not fail the commit
};

/// One attempt to change a table: collects actions over a read snapshot, then commits them as one
/// new version, all or nothing. One thread at a time; used up by Commit().
class Transaction {
 public:
  /// \param read  the snapshot the work was done on; nullptr creates the table (version 0).
  /// \retval kUnsupported  the table has a feature this build does not write (CheckWritable).
  static Result<Transaction> Start(std::shared_ptr<Table> table, SnapshotPtr read);

  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) noexcept;
  ~Transaction();

  const SnapshotPtr& read_snapshot() const;

  /// Stages one action. Metadata and Protocol at most once each; CommitInfo and the domain of row
  /// tracking are refused (Commit makes them). A file whose deletion vector changes is staged as a
  /// Remove with the old one and an Add of the same path with the new one.
  Status Stage(Action action);
  /// Stages many adds without copying them twice.
  Status StageAdds(std::vector<Add> adds);
  /// What was read of the table, to be filled in before Commit().
  TransactionReads& reads();
  /// To be called where rows were moved without keeping their row ids.
  void DoesNotPreserveRowIds();

  /// To be called when little is left to do before Commit(): where requests take long, begins what
  /// of them needs none of that rest.
  void LookAhead();

  /// Writes version read+1, or a later one after winners that do not conflict. On kCommitUnknown
  /// inside, reads the version back and compares txnId before it retries or reports. Every failure
  /// leaves the table as it was; data files of the transaction are the caller's to delete.
  /// \retval kConflict  naming winner, reason, and what now.  \retval kAlreadyExists  creating, and
  /// the table is there.  \retval kCancelled
  Result<CommitResult> Commit(const CommitSpec& spec) &&;

 private:
  struct Impl;
  explicit Transaction(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace deltaic
