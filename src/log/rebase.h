#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "log/staged_commit.h"
#include "log/winning_commit.h"

namespace deltaic {

/// A file that the winner and we gave a new deletion vector each. Both commits can stand if no row
/// is in both: the file then gets a vector with all of them.
struct VectorMerge {
  std::string path;
  std::optional<DeletionVectorDescriptor> before;  ///< that of the file which both of us read
  Add winner;                                      ///< the file as the winner left it
  DeletionVectorDescriptor mine;                   ///< what we would have given it
};

/// A commit that comes after the winner.
struct Rebased {
  StagedCommit staged;
  std::vector<VectorMerge> merges;  ///< to be answered by TakeMergedVector, each, before it is put
};

/// Puts `staged` behind `winner`, the commit right after its base: takes over what the winner
/// changed of the table, or says why both cannot stand. Pure.
/// Source: PROTOCOL.md; the rules are in docs/how-it-works/commit.md.
std::variant<Rebased, Conflict> Rebase(StagedCommit staged, const WinningCommit& winner);

/// Gives the file of `merge` the deletion vector `merged`, with the rows of the winner's and ours:
/// what we remove is then the file as the winner left it. A file without rows left is removed only.
void TakeMergedVector(StagedCommit& staged, const VectorMerge& merge,
                      const DeletionVectorDescriptor& merged);

}  // namespace deltaic
