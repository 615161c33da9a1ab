#include "ops/optimize/rearrangement_commit.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <unordered_set>

#include "data/actions/file_actions.h"
#include "ops/remove_files.h"
#include "storage/clock.h"

namespace deltaic {
namespace {

using Groups = std::vector<std::unique_ptr<RewrittenGroup>>;

/// A file with the deletion vector it was read with.
std::string KeyOf(const Add& add) {
  std::string key = add.path;
  key += '\0';
  if (add.deletion_vector) key += add.deletion_vector->UniqueId();
  return key;
}

/// True if files that were written for `base` are still what the table wants.
bool IsSameTable(const Snapshot& base, const Snapshot& now) {
  const Metadata& before = base.metadata();
  const Metadata& after = now.metadata();
  return base.protocol() == now.protocol() && before.id == after.id &&
         before.schema_string == after.schema_string &&
         before.partition_columns == after.partition_columns &&
         before.configuration == after.configuration;
}

int64_t Percentile(const std::vector<int64_t>& sorted, size_t percent) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, sorted.size() * percent / 100)];
}

std::vector<std::pair<std::string, std::string>> CommitMetrics(const Groups& groups) {
  FileSizes removed;
  int64_t vectors = 0;
  std::vector<int64_t> sizes;
  int64_t added_bytes = 0;
  for (const auto& group : groups) {
    for (const Add& add : group->group.files) {
      removed.Count(add.size);
      vectors += add.deletion_vector ? 1 : 0;
    }
    for (const WrittenFile& file : group->written) {
      sizes.push_back(file.size);
      added_bytes += file.size;
    }
  }
  std::ranges::sort(sizes);
  const auto text = [](int64_t value) { return std::to_string(value); };
  return {{"numRemovedFiles", text(removed.num_files)},
          {"numAddedFiles", text(static_cast<int64_t>(sizes.size()))},
          {"numRemovedBytes", text(removed.total_bytes)},
          {"numAddedBytes", text(added_bytes)},
          {"numDeletionVectorsRemoved", text(vectors)},
          {"minFileSize", text(Percentile(sizes, 0))},
          {"p25FileSize", text(Percentile(sizes, 25))},
          {"p50FileSize", text(Percentile(sizes, 50))},
          {"p75FileSize", text(Percentile(sizes, 75))},
          {"maxFileSize", text(sizes.empty() ? 0 : sizes.back())}};
}

}  // namespace

void FileSizes::Count(int64_t bytes) {
  min_bytes = num_files == 0 ? bytes : std::min(min_bytes, bytes);
  max_bytes = std::max(max_bytes, bytes);
  ++num_files;
  total_bytes += bytes;
}

void FileSizes::CountAll(const FileSizes& others) {
  if (others.num_files == 0) return;
  min_bytes = num_files == 0 ? others.min_bytes : std::min(min_bytes, others.min_bytes);
  max_bytes = std::max(max_bytes, others.max_bytes);
  num_files += others.num_files;
  total_bytes += others.total_bytes;
}

Result<CommitResult> RearrangementCommit::TryCommit(const Groups& groups) const {
  DELTAIC_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Start(table_, snapshot_));
  const int64_t now_ms = NowMs();
  for (const auto& group : groups) {
    for (const Add& add : group->group.files) {
      Remove remove = RemoveOf(add, now_ms);
      remove.data_change = false;
      DELTAIC_RETURN_IF_ERROR(transaction.Stage(std::move(remove)));
      transaction.reads().read_files.insert(add.path);
    }
    std::vector<Add> adds;
    for (const WrittenFile& file : group->written) {
      Add add = file.ToRearrangedAdd();
      if (group->tags) {
        if (!add.tags) add.tags.emplace();
        add.tags->insert(group->tags->begin(), group->tags->end());
      }
      add.clustering_provider = group->clustering_provider;
      adds.push_back(std::move(add));
    }
    DELTAIC_RETURN_IF_ERROR(transaction.StageAdds(std::move(adds)));
  }
  for (const DomainMetadata& domain : domains_) DELTAIC_RETURN_IF_ERROR(transaction.Stage(domain));
  CommitSpec spec = spec_;
  spec.metrics = CommitMetrics(groups);
  return std::move(transaction).Commit(spec);
}

/// Leaves the groups of which every file is as it was read.
Status RearrangementCommit::DropChanged(Groups& groups) {
  std::unordered_set<std::string> wanted;
  for (const auto& group : groups) {
    for (const Add& add : group->group.files) wanted.insert(KeyOf(add));
  }
  FileColumns columns = FileColumns::PathOnly();
  columns.deletion_vector = true;
  DELTAIC_ASSIGN_OR_RETURN(const auto files, snapshot_->ListFiles(FileListOptions{
                                                 .columns = columns, .cancel = spec_.cancel}));
  std::unordered_set<std::string> live;
  while (true) {
    DELTAIC_ASSIGN_OR_RETURN(const auto batch, files->Next());
    if (batch == nullptr) break;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      std::string key = KeyOf(AddFromBatch(*batch, row));
      if (wanted.contains(key)) live.insert(std::move(key));
    }
  }
  counts_.num_groups_given_up +=
      static_cast<int64_t>(std::erase_if(groups, [&](const std::unique_ptr<RewrittenGroup>& group) {
        return !std::ranges::all_of(group->group.files,
                                    [&](const Add& add) { return live.contains(KeyOf(add)); });
      }));
  return Status();
}

Status RearrangementCommit::Commit(Groups groups) {
  for (int64_t round = 0; !groups.empty(); ++round) {
    DELTAIC_RETURN_IF_ERROR(spec_.cancel.Check());
    Result<CommitResult> committed = TryCommit(groups);
    for (const auto& group : groups) {
      if (committed.ok() || committed.status().code() == StatusCode::kCommitUnknown)
        group->uncommitted.Settle(committed.status());
    }
    if (committed.ok()) {
      snapshot_ = committed->snapshot;
      version_ = committed->version;
      counts_.num_retries += committed->num_retries;
      ++counts_.num_commits;
      domains_.clear();
      Count(groups);
      return Status();
    }
    if (committed.status().code() != StatusCode::kConflict || round >= spec_.max_retries) {
      return committed.status();
    }
    const Version before = snapshot_->version();
    DELTAIC_ASSIGN_OR_RETURN(snapshot_, table_->Refresh(snapshot_));
    if (snapshot_->version() == before || !IsSameTable(*base_, *snapshot_)) {
      return committed.status();
    }
    ++counts_.num_retries;
    DELTAIC_RETURN_IF_ERROR(DropChanged(groups));
  }
  return Status();
}

void RearrangementCommit::Count(const Groups& groups) {
  for (const auto& group : groups) {
    partitions_.insert(SortedValues(group->group.files.front().partition_values));
    for (const Add& add : group->group.files) {
      counts_.removed.Count(add.size);
      counts_.num_vectors_removed += add.deletion_vector ? 1 : 0;
    }
    for (const WrittenFile& file : group->written) counts_.added.Count(file.size);
    counts_.num_rows += group->num_rows;
    counts_.num_batches += group->num_batches;
    counts_.max_group_files =
        std::max(counts_.max_group_files, static_cast<int64_t>(group->group.files.size()));
  }
  counts_.num_partitions = static_cast<int64_t>(partitions_.size());
}

}  // namespace deltaic
