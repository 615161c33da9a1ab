#include "ops/optimize/cluster_plan.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace deltaic {
namespace {

std::string TagOf(const Add& add, const char* key) {
  if (!add.tags) return "";
  const auto tag = add.tags->find(key);
  return tag == add.tags->end() ? "" : tag->second;
}

bool IsClusteredOtherwise(const Add& add, const ClusterLimits& limits) {
  if (add.clustering_provider && *add.clustering_provider != kClusteringProvider) return true;
  return !TagOf(add, kCubeIdTag).empty() && TagOf(add, kCubeColumnsTag) != limits.columns_tag;
}

/// Without the rows that are deleted.
int64_t LiveBytes(const ConsideredFile& file) {
  if (!file.add.deletion_vector || !file.live_rows) return file.add.size;
  const auto live = static_cast<double>(*file.live_rows);
  const double all = live + static_cast<double>(file.add.deletion_vector->cardinality);
  return all <= 0 ? 0 : static_cast<int64_t>(static_cast<double>(file.add.size) * live / all);
}

void Pack(std::vector<ConsideredFile> files, const ClusterLimits& limits, RewritePlan& plan) {
  std::ranges::sort(files, [](const ConsideredFile& a, const ConsideredFile& b) {
    return std::forward_as_tuple(TagOf(a.add, kCubeIdTag), a.add.modification_time, a.add.path) <
           std::forward_as_tuple(TagOf(b.add, kCubeIdTag), b.add.modification_time, b.add.path);
  });
  for (ConsideredFile& file : files) {
    if (plan.groups.empty() ||
        plan.groups.back().num_bytes + file.add.size > limits.target_cube_bytes) {
      plan.groups.emplace_back();
    }
    const int64_t live_rows = file.live_rows.value_or(0);
    AddToGroup(plan.groups.back(), std::move(file.add), live_rows);
  }
}

}  // namespace

RewritePlan PlanClustering(std::vector<ConsideredFile> files, const ClusterLimits& limits) {
  RewritePlan plan;
  plan.num_considered = static_cast<int64_t>(files.size());
  std::map<std::string, int64_t> cubes;
  for (const ConsideredFile& file : files) {
    if (!IsClusteredOtherwise(file.add, limits)) {
      cubes[TagOf(file.add, kCubeIdTag)] += LiveBytes(file);
    }
  }
  std::vector<ConsideredFile> taken;
  std::set<std::string> taken_cubes;
  bool takes_others = false;
  for (ConsideredFile& file : files) {
    const std::string cube = TagOf(file.add, kCubeIdTag);
    const bool otherwise = IsClusteredOtherwise(file.add, limits);
    const bool is_done = !otherwise && !cube.empty() && cubes[cube] >= limits.min_cube_bytes;
    if (is_done || (otherwise && !limits.full)) continue;
    takes_others = takes_others || otherwise;
    taken_cubes.insert(cube);
    taken.push_back(std::move(file));
  }
  // One cube alone has nothing to be merged with.
  const bool is_one_cube = taken_cubes.size() == 1 && !taken_cubes.begin()->empty();
  if (is_one_cube && !takes_others) taken.clear();
  plan.num_skipped = plan.num_considered - static_cast<int64_t>(taken.size());
  Pack(std::move(taken), limits, plan);
  return plan;
}

}  // namespace deltaic
