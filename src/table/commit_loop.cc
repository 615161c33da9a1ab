#include "table/commit_loop.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "protocol/actions_json.h"
#include "protocol/log_file_name.h"

namespace deltaic {
namespace {

/// How often a put, or reading it back, is tried again after failures that may pass.
constexpr int kMaxAttempts = 4;
constexpr std::chrono::milliseconds kFirstPause{2};
constexpr int kMaxPauseDoublings = 5;

/// Waits a random time that grows with `attempt` (0, 1, ...), so that contenders do not meet again.
void Pause(int attempt) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto most = kFirstPause * (1 << std::min(attempt, kMaxPauseDoublings));
  std::uniform_int_distribution<int64_t> micros(
      0, std::chrono::duration_cast<std::chrono::microseconds>(most).count());
  std::this_thread::sleep_for(std::chrono::microseconds(micros(random)));
}

bool MayPass(const Status& status) {
  return status.code() == StatusCode::kUnavailable || status.code() == StatusCode::kIo ||
         status.code() == StatusCode::kCommitUnknown;
}

bool IsFrom(const WinningCommit& commit, const std::string& txn_id) {
  for (const Action& action : commit.actions) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) return info->txn_id == txn_id;
  }
  return false;
}

struct LogCommit {
  WinningCommit commit;
  std::string text;
};

/// The actions of a commit; nullopt if there is no such commit.
Result<std::optional<LogCommit>> ReadCommit(const LogStore& log, Version version) {
  const std::string name = CommitFileName(version);
  Result<std::string> text = log.Read(name);
  if (text.status().code() == StatusCode::kNotFound) return std::optional<LogCommit>();
  DELTAIC_RETURN_IF_ERROR(text);
  LogCommit out{.commit = {.version = version, .actions = {}, .file_time = {}},
                .text = *std::move(text)};
  DELTAIC_ASSIGN_OR_RETURN(out.commit.actions, ParseActions(out.text, name));
  return std::optional<LogCommit>(std::move(out));
}

class Contender {
 public:
  explicit Contender(const CommitRace& race)
      : race_(race), version_(race.read ? race.read->Next() : Version{0}) {}

  Result<CommitRaceResult> Run() {
    for (int retries = 0;; ++retries) {
      // Here no put is under way whose outcome is not known.
      DELTAIC_RETURN_IF_ERROR(race_.cancel.Check());
      DELTAIC_ASSIGN_OR_RETURN(std::string bytes, race_.format());
      DELTAIC_ASSIGN_OR_RETURN(std::optional<LogCommit> winner, Put(bytes));
      if (!winner) {
        passed_.push_back({version_, std::move(bytes)});
        return CommitRaceResult{version_, retries, std::move(passed_)};
      }
      if (!race_.read) {
        return Status::AlreadyExists("a Delta table exists at ", race_.table_uri,
                                     " already: version 0 was committed first by another writer");
      }
      DELTAIC_RETURN_IF_ERROR(Pass(*std::move(winner)));
      if (retries == race_.max_retries) return GiveUp(retries + 1, "allow more retries");
      if (race_.deadline && std::chrono::steady_clock::now() >= *race_.deadline) {
        return GiveUp(retries + 1, "allow more time");
      }
      // First the pause, then the look at who has won meanwhile: the next try is for a version that
      // was free a moment ago.
      Pause(retries);
      DELTAIC_RETURN_IF_ERROR(CatchUp());
    }
  }

 private:
  /// nullopt: version_ is ours. Else who has it.
  Result<std::optional<LogCommit>> Put(const std::string& bytes) {
    const std::string name = CommitFileName(version_);
    bool may_arrive_late = false;
    for (int attempt = 0;; ++attempt) {
      const Result<PutOutcome> put = race_.log->PutIfAbsent(name, bytes);
      if (put.ok() && *put == PutOutcome::kCreated) return std::optional<LogCommit>();
      // Also a failure, or "already exists", can be the answer to a put of ours that went through.
      DELTAIC_ASSIGN_OR_RETURN(std::optional<LogCommit> there, ReadBack(put.status()));
      if (there && IsFrom(there->commit, race_.txn_id)) return std::optional<LogCommit>();
      if (there) return there;
      const Status failure =
          put.ok() ? Status::Io(name, " is said to exist, but cannot be found") : put.status();
      may_arrive_late |= failure.code() == StatusCode::kCommitUnknown;
      if (!MayPass(failure) || attempt + 1 == kMaxAttempts) {
        return may_arrive_late ? Unknown(failure, "it is not there yet")
                               : failure.WithContext(Where());
      }
      Pause(attempt);
    }
  }

  /// What stands at version_ after a put that did not say kCreated.
  Result<std::optional<LogCommit>> ReadBack(const Status& put) {
    for (int attempt = 0;; ++attempt) {
      Result<std::optional<LogCommit>> there = ReadCommit(*race_.log, version_);
      if (there.ok() || there.status().code() == StatusCode::kCorruption) return there;
      if (!MayPass(there.status()) || attempt + 1 == kMaxAttempts) {
        return Unknown(put, there.status().message());
      }
      Pause(attempt);
    }
  }

  Status GiveUp(int lost, std::string_view instead) const {
    return Status::Conflict("this ", race_.operation, " gave up after losing ", lost,
                            " races for the next version of ", race_.table_uri,
                            ", the last for version ", version_.value - 1,
                            "; run the operation again, or ", instead);
  }

  /// Goes after `winner`, which has version_, if it may stand before this commit.
  Status Pass(LogCommit winner) {
    DELTAIC_ASSIGN_OR_RETURN(const std::optional<Conflict> conflict, race_.rebase(winner.commit));
    if (conflict) {
      return Status::Conflict("this ", race_.operation, " of ", race_.table_uri,
                              ", done on version ", race_.read->value, ", conflicts with version ",
                              conflict->version.value, " (", conflict->operation,
                              "): ", conflict->reason, "; run it again on the newest version");
    }
    passed_.push_back({version_, std::move(winner.text)});
    version_ = version_.Next();
    return Status();
  }

  /// Passes what else has been committed.
  Status CatchUp() {
    while (true) {
      DELTAIC_RETURN_IF_ERROR(race_.cancel.Check());
      DELTAIC_ASSIGN_OR_RETURN(std::optional<LogCommit> winner, ReadCommit(*race_.log, version_));
      if (!winner) return Status();
      DELTAIC_RETURN_IF_ERROR(Pass(*std::move(winner)));
    }
  }

  Status Unknown(const Status& put, std::string_view read_back) const {
    return Status::CommitUnknown(Where(), ": the outcome is not known (",
                                 put.ok() ? std::string("the version is taken") : put.message(),
                                 "; read back: ", read_back, "); look for txnId ", race_.txn_id,
                                 " in ", CommitFileName(version_),
                                 " before running the operation again");
  }

  std::string Where() const { return Concat("commit ", version_.value, " of ", race_.table_uri); }

  const CommitRace& race_;
  Version version_;                 // the one to try for
  std::vector<CommitText> passed_;  // the winners so far
};

}  // namespace

Result<CommitRaceResult> RunCommitRace(const CommitRace& race) { return Contender(race).Run(); }

}  // namespace deltaic
