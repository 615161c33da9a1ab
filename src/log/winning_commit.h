#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strong_types.h"
#include "protocol/actions.h"

namespace deltaic {

/// A commit that won the race.
struct WinningCommit {
  Version version;
  std::vector<Action> actions;
  std::optional<TimestampMs> file_time;  ///< of its log file, where that was asked for
};

/// Why a commit cannot come after a winner.
struct Conflict {
  Version version;        ///< of the winning commit
  std::string operation;  ///< its commitInfo operation, or "unknown operation"
  std::string reason;  ///< "it changed the table's metadata", "it removed part-0001.parquet, which
                       ///< this transaction read" ...
};

/// A winner's actions by kind. Views: the commit outlives it.
struct SortedWinner {
  Version version;
  std::vector<const Add*> adds;
  std::vector<const Remove*> removes;
  std::vector<const Txn*> txns;
  std::vector<const DomainMetadata*> domains;
  const Metadata* metadata = nullptr;
  const Protocol* protocol = nullptr;
  const CommitInfo* info = nullptr;
  bool blind_append = false;
  std::string operation = "unknown operation";
  std::unordered_map<std::string_view, const Add*> add_of;        ///< by path
  std::unordered_map<std::string_view, const Remove*> remove_of;  ///< by path
};

SortedWinner SortWinner(const WinningCommit& winner);

}  // namespace deltaic
