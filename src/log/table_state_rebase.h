#pragma once

#include <optional>
#include <string>

#include "log/rebase.h"

namespace deltaic {

/// Moves the base of `mine` behind the winner: its protocol, metadata, row ids and time. What
/// cannot be taken over comes back as the reason, to be put after "it".
std::optional<std::string> RebaseTableState(StagedCommit& mine, const SortedWinner& winner,
                                            std::optional<TimestampMs> file_time);

}  // namespace deltaic
