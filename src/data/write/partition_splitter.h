#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <vector>

#include "base/status.h"
#include "data/write/data_file_layout.h"
#include "protocol/actions.h"

namespace deltaic {

/// Rows of one batch that have the same partition values.
struct PartitionRows {
  PartitionValues
      partition_values;  ///< by physical name, in the order of the table's partition columns
  std::shared_ptr<arrow::RecordBatch> rows;  ///< data columns only
};

/// Splits a batch of the layout's batch_schema by partition values, keeping the order of rows.
/// Where there is more than one part, each has memory of its own, so that a part may be kept
/// without the rest.
Result<std::vector<PartitionRows>> SplitByPartition(
    const DataFileLayout& layout, const std::shared_ptr<arrow::RecordBatch>& batch);

}  // namespace deltaic
