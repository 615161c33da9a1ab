#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/actions.h"
#include "protocol/file_stats.h"
#include "protocol/schema.h"

namespace deltaic {

/// Live files of one partition whose rows are to be written again, together, into new files.
struct FileGroup {
  std::vector<Add> files;  ///< in the order in which their rows are to follow; without statistics
  int64_t num_bytes = 0;   ///< of the files
  int64_t num_rows = 0;    ///< that are not deleted, as far as statistics count them
  /// Of the rows of all files, where it was asked for.
  std::optional<FileStats> stats;
};

/// Takes a file in. Its statistics, of no more use, are dropped.
/// \param live_rows  of it; 0 where nobody counted them.
void AddToGroup(FileGroup& group, Add file, int64_t live_rows);

/// "day=2024-01-01/kind=null", names as partition values have them; empty: no partitions.
std::string DescribePartition(const PartitionValues& values);

/// Partition values in one order, so that files of a partition can be told by them.
PartitionValues SortedValues(PartitionValues values);

}  // namespace deltaic
