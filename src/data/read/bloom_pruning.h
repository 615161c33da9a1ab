#pragma once

#include <vector>

#include "data/parquet/parquet_input.h"
#include "data/read/column_projection.h"
#include "data/read/read_plan.h"

namespace deltaic {

/// False only if the row group's Bloom filters rule out that a row makes the plan's predicate true:
/// a condition that all rows must meet asks for values (`=`, `IN`) that the column does not have.
/// Reads the filters of such columns; what cannot be read rules nothing out. Never throws.
/// \param projected  one for each of plan.columns.
bool BloomFiltersMayMatch(const ReadPlan& plan, const std::vector<ProjectedColumn>& projected,
                          const ParquetInput& input, int row_group);

}  // namespace deltaic
