#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/strong_types.h"
#include "log/staged_commit.h"
#include "table/transaction.h"

namespace deltaic {

/// What a commit says about itself besides its CommitSpec.
struct CommitFacts {
  std::string txn_id;  ///< by which its writer recognizes it when it is read back
  int64_t timestamp_ms = 0;
  std::optional<int64_t> in_commit_timestamp_ms;  ///< where the table has them enabled
  std::optional<Version> read_version;            ///< none where the table is created
  CommitIsolation isolation = CommitIsolation::kSerializable;
  bool is_blind_append = false;
  StringMap tags;  ///< besides those of the spec, which go first
};

/// \retval kInvalidArgument  `spec.custom` has a key that the commit sets itself.
Status CheckCustomKeys(const CommitSpec& spec);

/// The commitInfo line of a commit file, line end included. Keys of the specification come first;
/// `spec.custom` cannot replace them.
std::string FormatCommitInfoLine(const CommitSpec& spec, const CommitFacts& facts);

}  // namespace deltaic
