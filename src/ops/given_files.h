#pragma once

#include <string>
#include <vector>

#include "base/cancellation.h"
#include "base/status.h"
#include "protocol/actions.h"
#include "protocol/schema.h"
#include "protocol/table_properties.h"
#include "storage/object_store.h"

namespace deltaic {

/// The table that files of somebody else are for.
struct GivenFilesTarget {
  const ObjectStore& store;
  const Schema& schema;
  const std::vector<std::string>& partition_columns;  ///< logical names
  ColumnMappingMode column_mapping = ColumnMappingMode::kNone;
};

/// Where a file that a caller names is in the table's folder: below it, and not among the log and
/// other files that are no data. \retval kInvalidArgument  otherwise, with the reason.
Result<std::string> GivenFilePath(const ObjectStore& store, const std::string& log_path);

/// Checks adds that came from outside, as far as can be seen without reading the files: that each
/// is there with the size said, inside of the table's folder, named once, with values for the
/// table's partition columns and no others, with statistics that parse, and without what only the
/// table gives out. That the rows keep the table's rules is the writer's word.
/// \retval kInvalidArgument  naming the file and what is wrong.
Status CheckGivenAdds(const GivenFilesTarget& target, const std::vector<Add>& adds,
                      const CancellationToken& cancel);

}  // namespace deltaic
