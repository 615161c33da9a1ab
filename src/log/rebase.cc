#include "log/rebase.h"

#include <algorithm>
#include <utility>

#include "base/made_once.h"
#include "log/read_conflict.h"
#include "log/table_state_rebase.h"
#include "protocol/file_stats.h"

namespace deltaic {
namespace {

/// A file that the winner adds again without removing it has row ids now: a backfill gave them.
/// What we say of such a file says so, too.
void TakeRowIds(StagedCommit& mine, const SortedWinner& winner) {
  for (const Add* add : winner.adds) {
    if (!add->base_row_id || winner.remove_of.contains(add->path)) continue;
    std::optional<Remove> remove = mine.removes.Find(add->path);
    if (!remove) continue;
    remove->base_row_id = add->base_row_id;
    remove->default_row_commit_version = add->default_row_commit_version;
    mine.removes.Replace(*remove);
    for (Add& ours : mine.adds) {
      if (ours.path != add->path) continue;
      ours.base_row_id = add->base_row_id;
      ours.default_row_commit_version = add->default_row_commit_version;
    }
  }
}

bool HasNoRowsLeft(const Add& add) {
  const auto& no_columns = MadeOnce([] { return DataType::Struct({}); });
  const auto stats = ParseFileStats(add.stats.value_or(""), *no_columns, {});
  return stats.ok() && stats->num_records && add.deletion_vector &&
         add.deletion_vector->cardinality == *stats->num_records;
}

}  // namespace

std::variant<Rebased, Conflict> Rebase(StagedCommit staged, const WinningCommit& winner) {
  SortedWinner sorted = SortWinner(winner);
  Rebased out{.staged = std::move(staged), .merges = {}};
  std::optional<std::string> reason = RebaseTableState(out.staged, sorted, winner.file_time);
  if (!reason) reason = FindFileConflict(out.staged, sorted, out.merges);
  if (reason) {
    return Conflict{winner.version, std::move(sorted.operation), Concat("it ", *reason)};
  }
  TakeRowIds(out.staged, sorted);
  return out;
}

void TakeMergedVector(StagedCommit& staged, const VectorMerge& merge,
                      const DeletionVectorDescriptor& merged) {
  std::optional<Remove> remove = staged.removes.Find(merge.path);
  const auto mine = std::ranges::find(staged.adds, merge.path, &Add::path);
  if (!remove || mine == staged.adds.end()) return;
  remove->deletion_vector = merge.winner.deletion_vector;
  remove->base_row_id = merge.winner.base_row_id;
  remove->default_row_commit_version = merge.winner.default_row_commit_version;
  staged.removes.Replace(*remove);
  Add add = merge.winner;
  add.deletion_vector = merged;
  add.data_change = mine->data_change;
  add.modification_time = mine->modification_time;
  if (HasNoRowsLeft(add)) {
    staged.adds.erase(mine);
  } else {
    *mine = std::move(add);
  }
}

}  // namespace deltaic
