#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/actions.h"

namespace deltaic {

/// A file that an operation has written, before it is said what it is for.
struct WrittenFile {
  std::string path;  ///< as the log has it: percent-encoded, below the table's root
  PartitionValues partition_values;
  int64_t size = 0;
  int64_t modification_time = 0;
  std::optional<std::string> stats;  ///< JSON; none of change data
  std::optional<StringMap> tags;

  /// New rows, or rows that changed.
  Add ToAdd() const;
  /// The rows of other files in another order or shape: no reader of changes sees them.
  Add ToRearrangedAdd() const;
  /// Rows of the change data feed.
  Cdc ToCdc() const;
};

/// \return the adds of `files`, as ToAdd() makes them.
std::vector<Add> ToAdds(const std::vector<WrittenFile>& files);

}  // namespace deltaic
