#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ops/optimize/compaction_plan.h"

namespace deltaic {

/// Tags of files that were clustered, and who did it. Source: write.md, section 4, "Clustering".
inline constexpr const char* kCubeIdTag = "ZCUBE_ID";
inline constexpr const char* kCubeColumnsTag = "ZCUBE_ZORDER_BY";
inline constexpr const char* kClusteringProvider = "liquid";

struct ClusterLimits {
  std::string columns_tag;  ///< what kCubeColumnsTag is of files clustered as the table now is
  int64_t min_cube_bytes = int64_t{100} << 30;     ///< larger cubes are done with
  int64_t target_cube_bytes = int64_t{150} << 30;  ///< of new ones
  bool full = false;  ///< files that were clustered otherwise are taken too
};

/// The files of a clustered table that are not clustered yet, and the cubes that are still small,
/// in groups that become a cube each. Pure.
RewritePlan PlanClustering(std::vector<ConsideredFile> files, const ClusterLimits& limits);

}  // namespace deltaic
