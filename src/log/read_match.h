#pragma once

#include "log/staged_commit.h"

namespace deltaic {

/// False only if no row of `add` can be one that the read predicates of `mine` ask for, by its
/// partition values and statistics.
bool MayHaveBeenRead(const StagedCommit& mine, const Add& add);

}  // namespace deltaic
