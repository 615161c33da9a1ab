#include "log/commit_changes.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>

#include "protocol/actions_json.h"
#include "protocol/commit_info_json.h"

namespace deltaic {
namespace {

/// The actions of a commit that matter here.
struct FileActions {
  std::vector<Add> adds;
  std::vector<Remove> removes;
  std::vector<Cdc> recorded;
  bool is_empty_merge = false;
};

/// A MERGE may rewrite files, and say that data changed, though it changed no row. Its adds and
/// removes cancel out, but as inserts and deletes they would look like changes. Spark leaves them
/// out by the same test.
bool IsEmptyMerge(const CommitInfo& info) {
  if (info.operation != "MERGE") return false;
  const StringMap metrics = CommitMetrics(info);
  return std::ranges::all_of(
      std::initializer_list<const char*>{"numTargetRowsInserted", "numTargetRowsUpdated",
                                         "numTargetRowsDeleted"},
      [&](const char* name) {
        const auto metric = metrics.find(name);
        return metric != metrics.end() && metric->second == "0";
      });
}

ChangedFile InsertsOf(Add&& add) {
  return {ChangeKind::kInsert,
          std::move(add.path),
          add.size,
          std::move(add.partition_values),
          std::move(add.deletion_vector),
          std::nullopt,
          std::move(add.stats).value_or("")};
}

ChangedFile DeletesOf(Remove&& remove) {
  return {ChangeKind::kDelete,
          std::move(remove.path),
          remove.size.value_or(0),
          std::move(remove.partition_values),
          std::move(remove.deletion_vector),
          std::nullopt,
          std::move(remove.stats).value_or("")};
}

/// The rows of one file that only one of two deletion vectors has: those in the new one were
/// deleted, those in the old one came back. Tight statistics hold for the rows left alone: those of
/// the remove for what is deleted, those of the add for what came back.
void AddDifferences(const Add& add, const Remove& remove, std::vector<ChangedFile>& deletes,
                    std::vector<ChangedFile>& inserts) {
  if (add.deletion_vector == remove.deletion_vector) return;
  ChangedFile file{ChangeKind::kDelete, add.path, add.size, add.partition_values, {}, {}, {}};
  if (add.deletion_vector) {
    file.only_rows_in = add.deletion_vector;
    file.deletion_vector = remove.deletion_vector;
    file.stats = remove.stats.value_or("");
    deletes.push_back(file);
  }
  if (remove.deletion_vector) {
    file.kind = ChangeKind::kInsert;
    file.only_rows_in = remove.deletion_vector;
    file.deletion_vector = add.deletion_vector;
    file.stats = add.stats.value_or("");
    inserts.push_back(std::move(file));
  }
}

std::vector<ChangedFile> InferChanges(FileActions&& actions) {
  std::unordered_map<std::string_view, const Remove*> removes_by_path;
  if (!actions.adds.empty()) {
    for (const Remove& remove : actions.removes) removes_by_path.emplace(remove.path, &remove);
  }
  std::vector<ChangedFile> deletes, inserts;
  std::vector<const Remove*> paired;
  for (Add& add : actions.adds) {
    const auto remove = removes_by_path.find(add.path);
    if (remove == removes_by_path.end()) {
      inserts.push_back(InsertsOf(std::move(add)));
    } else {
      paired.push_back(remove->second);
      AddDifferences(add, *remove->second, deletes, inserts);
    }
  }
  std::ranges::sort(paired);
  std::vector<ChangedFile> out;
  for (Remove& remove : actions.removes) {
    if (!std::ranges::binary_search(paired, &remove)) out.push_back(DeletesOf(std::move(remove)));
  }
  std::ranges::move(deletes, std::back_inserter(out));
  std::ranges::move(inserts, std::back_inserter(out));
  return out;
}

std::vector<ChangedFile> RecordedChanges(std::vector<Cdc>&& recorded) {
  std::vector<ChangedFile> out;
  out.reserve(recorded.size());
  for (Cdc& file : recorded) {
    out.push_back({ChangeKind::kRecorded,
                   std::move(file.path),
                   file.size,
                   std::move(file.partition_values),
                   {},
                   {},
                   {}});
  }
  return out;
}

}  // namespace

Result<CommitChanges> ParseCommitChanges(Version version, std::string_view json_lines,
                                         std::string_view name, bool with_stats) {
  CommitChanges changes;
  changes.version = version;
  FileActions actions;
  ActionFilter filter;
  filter.txn = filter.domain_metadata = filter.checkpoint_metadata = filter.sidecar = false;
  filter.add_stats = with_stats;
  const auto take = [&](Action&& action) -> Status {
    if (auto* add = std::get_if<Add>(&action)) {
      if (add->data_change) actions.adds.push_back(std::move(*add));
    } else if (auto* remove = std::get_if<Remove>(&action)) {
      if (remove->data_change) actions.removes.push_back(std::move(*remove));
    } else if (auto* recorded = std::get_if<Cdc>(&action)) {
      actions.recorded.push_back(std::move(*recorded));
    } else if (auto* metadata = std::get_if<Metadata>(&action)) {
      changes.metadata = std::move(*metadata);
    } else if (auto* protocol = std::get_if<Protocol>(&action)) {
      changes.protocol = std::move(*protocol);
    } else if (auto* info = std::get_if<CommitInfo>(&action)) {
      if (!changes.in_commit_timestamp) changes.in_commit_timestamp = info->in_commit_timestamp;
      actions.is_empty_merge |= IsEmptyMerge(*info);
    }
    return Status::Ok();
  };
  DELTAIC_RETURN_IF_ERROR(ParseCommit(json_lines, name, filter, take));
  if (!actions.recorded.empty()) {
    changes.files = RecordedChanges(std::move(actions.recorded));
  } else if (!actions.is_empty_merge) {
    changes.files = InferChanges(std::move(actions));
  }
  return changes;
}

}  // namespace deltaic
