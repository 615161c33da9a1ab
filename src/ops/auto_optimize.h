#pragma once

#include "protocol/actions.h"

namespace deltaic {

/// Whether a table of these properties is compacted after commits: delta.autoOptimize.autoCompact,
/// or delta.autoOptimize where that is not set.
bool CompactsAutomatically(const StringMap& configuration);

/// Whether its writes make few files of each partition: delta.autoOptimize.optimizeWrite, or
/// delta.autoOptimize where that is not set.
bool OptimizesWrites(const StringMap& configuration);

}  // namespace deltaic
