#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/strong_types.h"
#include "expr/expr.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"

namespace deltaic {

/// What a transaction read and is about to write, as the conflict check needs it.
struct TransactionReads {
  bool blind_append = false;  ///< read nothing of the table but its metadata
  bool read_whole_table = false;
  std::vector<ExprPtr> read_predicates;  ///< bound; files that may match were read
  std::set<std::string> read_files;      ///< paths of files whose rows were read
  std::set<std::string> removed_files;   ///< paths this transaction removes
  std::set<std::string> app_ids;         ///< of its txn actions
  std::set<std::string> domains;         ///< of its domain metadata
  bool changes_metadata = false;
  bool changes_protocol = false;
  bool data_change = true;  ///< false: compaction and its kin
  IsolationLevel isolation = IsolationLevel::kSerializable;
};

/// A commit that won the race.
struct WinningCommit {
  Version version;
  std::vector<Action> actions;
};

struct Conflict {
  Version version;        ///< of the winning commit
  std::string operation;  ///< its commitInfo operation, or "unknown operation"
  std::string reason;  ///< "it changed the table's metadata", "it removed part-0001.parquet, which
                       ///< this DELETE read" ...
};

/// Decides whether `winner` may stand before this transaction. nullopt: they commute. Pure.
/// `schema` types the partition values of the winner's files against the read predicates (nullptr:
/// predicates match all files). Source: PROTOCOL.md; rules in docs/how-it-works/commit.md.
std::optional<Conflict> CheckConflict(const TransactionReads& mine, const WinningCommit& winner,
                                      const Schema* schema,
                                      const std::vector<std::string>& partition_columns);

}  // namespace deltaic
