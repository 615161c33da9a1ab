#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <memory>

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

/// Takes the rows of one partition.
using PartitionVisitor = std::function<Status(PartitionRows part)>;

/// Splits a batch of the layout's batch_schema by partition values, keeping the order of rows, and
/// hands over one part after the other: of a batch with as many partitions as rows, the parts take
/// far more memory than the batch. Where there is more than one part, each has memory of its own,
/// so that a part may be kept without the rest.
Status SplitByPartition(const DataFileLayout& layout,
                        const std::shared_ptr<arrow::RecordBatch>& batch,
                        const PartitionVisitor& visit);

}  // namespace deltaic
