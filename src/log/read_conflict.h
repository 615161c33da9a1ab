#pragma once

#include <optional>
#include <string>
#include <vector>

#include "log/rebase.h"

namespace deltaic {

/// Whether the winner's files and ours exclude each other: what it is about, to be put after "it".
/// \param merges  gets the files that both give a deletion vector.
std::optional<std::string> FindFileConflict(const StagedCommit& mine, const SortedWinner& winner,
                                            std::vector<VectorMerge>& merges);

}  // namespace deltaic
