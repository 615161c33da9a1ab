#pragma once

#include <string>
#include <vector>

#include "data/column_projection.h"
#include "data/read_plan.h"
#include "expr/skipping.h"
#include "protocol/value.h"

namespace parquet {
class RowGroupMetaData;
}

namespace deltaic {

/// What one row group's Parquet statistics, and for partition columns their values, say of the
/// plan's columns. Borrows its arguments. Never throws: statistics that cannot be read are unknown.
/// \param projected, partition_values  one for each of plan.columns.
ColumnRange RowGroupRange(const ReadPlan& plan, const std::vector<ProjectedColumn>& projected,
                          const std::vector<Value>& partition_values,
                          const parquet::RowGroupMetaData& row_group,
                          const std::vector<std::string>& path);

}  // namespace deltaic
