#include "ops/optimize/compaction_plan.h"

#include <algorithm>
#include <iterator>
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

/// Whether one rewriting has put all rows of these files, and of no others, in order.
bool AreInOrder(const std::vector<ConsideredFile>& files, const std::string& order) {
  const auto tag_of = [](const ConsideredFile& file) -> std::string {
    if (!file.add.tags || file.add.deletion_vector) return "";
    const auto tag = file.add.tags->find(kOrderTag);
    return tag == file.add.tags->end() ? "" : tag->second;
  };
  const std::string first = tag_of(files.front());
  const size_t space = first.find(' ');
  if (space == std::string::npos || first.substr(space + 1) != order) return false;
  return std::ranges::all_of(files,
                             [&](const ConsideredFile& file) { return tag_of(file) == first; });
}

}  // namespace

std::string OrderTagOf(const std::string& rewriting, const std::string& order) {
  return rewriting + " " + order;
}

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
  if (limits_.whole_partitions && AreInOrder(files, limits_.order)) {
    plan_.num_skipped += static_cast<int64_t>(files.size());
    return;
  }
  std::vector<OpenGroup> open;
  const auto close = [&](OpenGroup done) {
    if (done.group.files.size() > 1 || done.worth_it_alone) {
      plan_.groups.push_back(std::move(done.group));
    } else {
      ++plan_.num_skipped;
    }
  };
  for (ConsideredFile& file : files) {
    // The newest first: its rows are those that came just before.
    const auto newest = std::find_if(open.rbegin(), open.rend(), [&](const OpenGroup& other) {
      return limits_.whole_partitions ||
             other.group.num_bytes + file.add.size <= limits_.target_size_bytes;
    });
    auto fits = newest == open.rend() ? open.end() : std::prev(newest.base());
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
    if (static_cast<int64_t>(files.size()) < limits_.min_files) {
      plan_.num_skipped += static_cast<int64_t>(files.size());
      continue;
    }
    std::ranges::sort(files, [](const ConsideredFile& a, const ConsideredFile& b) {
      return std::tie(a.add.modification_time, a.add.path) <
             std::tie(b.add.modification_time, b.add.path);
    });
    Pack(std::move(files));
  }
  return std::move(plan_);
}

}  // namespace deltaic
