#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "expr/expr.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "table/snapshot.h"

namespace deltaic {

/// True if `predicate` (bound) names no columns but the table's partition columns, so that it is
/// the same for all rows of a file.
bool NamesPartitionsOnly(const Expr& predicate, const std::vector<std::string>& partition_columns);

/// Evaluates such a predicate, once for each combination of partition values. One thread at a time.
class PartitionMatch {
 public:
  /// \param snapshot  of the table; outlives this.
  PartitionMatch(ExprPtr predicate, const Snapshot& snapshot)
      : predicate_(std::move(predicate)), snapshot_(snapshot) {}

  /// Whether the rows of a file with these values make the predicate true.
  /// \retval kCorruption  a value is missing, or is none of its type.
  Result<bool> Matches(const PartitionValues& values);

 private:
  Result<bool> Evaluate(const PartitionValues& values) const;

  const ExprPtr predicate_;
  const Snapshot& snapshot_;
  std::map<PartitionValues, bool> known_;
};

}  // namespace deltaic
