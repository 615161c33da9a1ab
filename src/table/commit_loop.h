#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "base/strong_types.h"
#include "log/winning_commit.h"
#include "storage/log_store.h"

namespace deltaic {

/// One race for a version of the log, as its contender describes it.
struct CommitRace {
  LogStore* log = nullptr;
  std::string table_uri;  ///< for messages, as is the next
  std::string operation;
  std::optional<Version> read;  ///< what the work was done on; none where the table is created
  std::string txn_id;
  int max_retries = 0;
  CancellationToken cancel = CancellationToken::None();
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// The bytes of the commit file for the version that is tried next.
  std::function<Result<std::string>()> format;
  /// Puts the commit behind `winner`, which has the version that was tried; or why it cannot be. It
  /// may fill in what it needs to know of the winner.
  std::function<Result<std::optional<Conflict>>(WinningCommit& winner)> rebase;
};

/// A commit file as it is in the log.
struct CommitText {
  Version version;
  std::string text;
};

struct CommitRaceResult {
  Version version;
  int num_retries = 0;
  std::vector<CommitText>
      commits;  ///< all that follow the read version: the winners, then this one
};

/// Creates the log file of the version after `race.read`, or after the winners that do not
/// conflict. A reply that got lost is cleared up by reading the version back and comparing txnId,
/// before anything is tried again.
/// \retval kConflict  with winner, reason and what now; or `max_retries` races lost, or the
/// deadline passed while losing them.  \retval kCancelled  before or between tries.
/// \retval kAlreadyExists  creating, and the table is there.
/// \retval kCommitUnknown  the commit may exist: what it names must not be deleted. Any other
/// error: it does not exist.
Result<CommitRaceResult> RunCommitRace(const CommitRace& race);

}  // namespace deltaic
