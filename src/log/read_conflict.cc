#include "log/read_conflict.h"

#include <algorithm>
#include <utility>

#include "log/read_match.h"

namespace deltaic {
namespace {

std::string IdOf(const std::optional<DeletionVectorDescriptor>& vector) {
  return vector ? vector->UniqueId() : std::string();
}

/// True if the winner left every row of the table as it was. A path that is both removed and added
/// has a new deletion vector, which takes rows away whatever dataChange says.
bool OnlyRearranges(const SortedWinner& winner) {
  for (const Remove* remove : winner.removes) {
    if (remove->data_change) return false;
  }
  for (const Add* add : winner.adds) {
    if (add->data_change || winner.remove_of.contains(add->path)) return false;
  }
  return true;
}

/// True if `add` is a file that was there, with fewer of its rows. A RESTORE can bring rows back.
bool OnlyLosesRows(const SortedWinner& winner, const Add& add) {
  const auto removed = winner.remove_of.find(add.path);
  if (removed == winner.remove_of.end() || winner.operation == "RESTORE") return false;
  const auto& before = removed->second->deletion_vector;
  return add.deletion_vector &&
         add.deletion_vector->cardinality > (before ? before->cardinality : 0);
}

const Add* FindAdd(const StagedCommit& staged, std::string_view path) {
  const auto found = std::ranges::find(staged.adds, path, &Add::path);
  return found == staged.adds.end() ? nullptr : &*found;
}

/// Where the winner and we took rows away from one file, each by a deletion vector.
std::optional<VectorMerge> FindMerge(const StagedCommit& mine, const SortedWinner& winner,
                                     const Remove& removed) {
  const auto theirs = winner.add_of.find(removed.path);
  const Add* ours = FindAdd(mine, removed.path);
  if (theirs == winner.add_of.end() || ours == nullptr) return std::nullopt;
  if (!OnlyLosesRows(winner, *theirs->second) || !ours->deletion_vector) return std::nullopt;
  const std::optional<Remove> remove = mine.removes.Find(removed.path);
  if (!remove || IdOf(remove->deletion_vector) != IdOf(removed.deletion_vector)) {
    return std::nullopt;
  }
  return VectorMerge{removed.path, removed.deletion_vector, *theirs->second,
                     *ours->deletion_vector};
}

/// Files that both remove, but for those whose deletion vectors can be merged.
std::optional<std::string> DoubleRemove(const StagedCommit& mine, const SortedWinner& winner,
                                        std::vector<VectorMerge>& merges) {
  for (const Remove* remove : winner.removes) {
    if (!mine.removes.Contains(remove->path)) continue;
    std::optional<VectorMerge> merge;
    if (mine.reads.only_removed_rows_used) merge = FindMerge(mine, winner, *remove);
    if (!merge) {
      return Concat("removed ", remove->path, ", which this transaction removes too");
    }
    merges.push_back(*std::move(merge));
  }
  return std::nullopt;
}

/// Rows that decided, and stay, must be found again should a later commit delete them; a compaction
/// takes them to files that this transaction does not know.
std::optional<std::string> RearrangedRead(const StagedCommit& mine, const SortedWinner& winner) {
  if (mine.reads.only_removed_rows_used) return std::nullopt;
  for (const Remove* remove : winner.removes) {
    if (mine.reads.read_files.contains(remove->path)) {
      return Concat("rearranged ", remove->path, ", which this transaction read");
    }
  }
  return std::nullopt;
}

std::optional<std::string> RemoveConflict(const StagedCommit& mine, const SortedWinner& winner) {
  for (const Remove* remove : winner.removes) {
    // What is left of those is merged.
    if (mine.removes.Contains(remove->path)) continue;
    if (mine.reads.read_files.contains(remove->path) || mine.reads.read_whole_table) {
      return Concat("removed ", remove->path, ", which this transaction read");
    }
  }
  return std::nullopt;
}

std::optional<std::string> AddConflict(const StagedCommit& mine, const SortedWinner& winner) {
  const CommitIsolation isolation = IsolationOf(mine);
  if (isolation == CommitIsolation::kSnapshot) return std::nullopt;
  // Under WriteSerializable an append that read nothing may as well have come after this
  // transaction, unless new metadata would then judge its rows.
  if (isolation == CommitIsolation::kWriteSerializable && winner.blind_append && !mine.metadata) {
    return std::nullopt;
  }
  for (const Add* add : winner.adds) {
    if (!OnlyLosesRows(winner, *add) && MayHaveBeenRead(mine, *add)) {
      return Concat("added ", add->path, ", which this transaction should have read");
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> FindFileConflict(const StagedCommit& mine, const SortedWinner& winner,
                                            std::vector<VectorMerge>& merges) {
  if (IsBlindAppend(mine)) return std::nullopt;
  if (auto reason = DoubleRemove(mine, winner, merges)) return reason;
  if (OnlyRearranges(winner)) return RearrangedRead(mine, winner);
  if (auto reason = RemoveConflict(mine, winner)) return reason;
  return AddConflict(mine, winner);
}

}  // namespace deltaic
