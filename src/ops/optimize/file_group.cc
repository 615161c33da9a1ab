#include "ops/optimize/file_group.h"

#include <algorithm>
#include <utility>

namespace deltaic {

void AddToGroup(FileGroup& group, Add file, int64_t live_rows) {
  group.num_bytes += file.size;
  group.num_rows += live_rows;
  file.stats.reset();
  group.files.push_back(std::move(file));
}

std::string DescribePartition(const PartitionValues& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    out += (out.empty() ? "" : "/") + name + "=" + value.value_or("null");
  }
  return out;
}

PartitionValues SortedValues(PartitionValues values) {
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace deltaic
