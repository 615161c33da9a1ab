#include "ops/optimize/compaction_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace deltaic {
namespace {

/// A file is tried on this many groups that still have room; more would cost time for little.
constexpr size_t kOpenGroups = 16;

struct OpenGroup {
  FileGroup group;
  bool worth_it_alone = false;
};

}  // namespace

bool CompactionPlanner::IsWorthItAlone(const ConsideredFile& file) const {
  if (limits_.whole_partitions) return true;
  if (!file.add.deletion_vector) return false;
  if (limits_.purge) return true;
  const int64_t deleted = file.add.deletion_vector->cardinality;
  // Without a count nothing tells that it is little.
  if (!file.live_rows) return deleted > 0;
  const auto all = static_cast<double>(*file.live_rows + deleted);
  return static_cast<double>(deleted) > limits_.max_deleted_share * all;
}

bool CompactionPlanner::IsCandidate(const ConsideredFile& file) const {
  if (limits_.whole_partitions) return true;
  if (limits_.purge) return file.add.deletion_vector.has_value();
  return file.add.size < limits_.min_file_size_bytes || IsWorthItAlone(file);
}

void CompactionPlanner::Consider(ConsideredFile file) {
  ++plan_.num_considered;
  if (!IsCandidate(file)) {
    ++plan_.num_skipped;
    return;
  }
  file.add.stats.reset();
  candidates_.push_back(std::move(file));
}

/// \param files  of one partition, in order.
void CompactionPlanner::Pack(std::vector<ConsideredFile> files) {
  std::vector<OpenGroup> open;
  const auto close = [&](OpenGroup done) {
    if (done.group.files.size() > 1 || done.worth_it_alone) {
      plan_.groups.push_back(std::move(done.group));
    } else {
      ++plan_.num_skipped;
    }
  };
  for (ConsideredFile& file : files) {
    auto fits = std::ranges::find_if(open, [&](const OpenGroup& other) {
      return limits_.whole_partitions ||
             other.group.num_bytes + file.add.size <= limits_.target_size_bytes;
    });
    if (fits == open.end()) {
      if (open.size() == kOpenGroups) {
        close(std::move(open.front()));
        open.erase(open.begin());
      }
      fits = open.emplace(open.end());
    }
    fits->worth_it_alone = fits->worth_it_alone || IsWorthItAlone(file);
    const int64_t live_rows = file.live_rows.value_or(0);
    AddToGroup(fits->group, std::move(file.add), live_rows);
  }
  for (OpenGroup& group : open) close(std::move(group));
}

RewritePlan CompactionPlanner::Finish() && {
  std::map<PartitionValues, std::vector<ConsideredFile>> partitions;
  for (ConsideredFile& file : candidates_) {
    partitions[SortedValues(file.add.partition_values)].push_back(std::move(file));
  }
  for (auto& [values, files] : partitions) {
    std::ranges::sort(files, [](const ConsideredFile& a, const ConsideredFile& b) {
      return std::tie(a.add.modification_time, a.add.path) <
             std::tie(b.add.modification_time, b.add.path);
    });
    Pack(std::move(files));
  }
  return std::move(plan_);
}

}  // namespace deltaic
