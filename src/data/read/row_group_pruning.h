#pragma once

#include <string>
#include <vector>

#include "data/parquet/page_index.h"
#include "data/read/column_projection.h"
#include "data/read/read_plan.h"
#include "expr/skipping.h"
#include "protocol/value.h"

namespace parquet {
class ColumnDescriptor;
class RowGroupMetaData;
}  // namespace parquet

namespace deltaic {

/// What one row group's Parquet statistics, and for partition columns their values, say of the
/// plan's columns. Borrows its arguments. Never throws: statistics that cannot be read are unknown.
/// \param projected, partition_values  one for each of plan.columns.
ColumnRange RowGroupRange(const ReadPlan& plan, const std::vector<ProjectedColumn>& projected,
                          const std::vector<Value>& partition_values,
                          const parquet::RowGroupMetaData& row_group,
                          const std::vector<std::string>& path);

/// The part of the file's columns that a path of a predicate leads to, if it is a leaf; else
/// nullptr.
const ColumnSource* FindLeafSource(const ReadPlan& plan,
                                   const std::vector<ProjectedColumn>& projected,
                                   const std::vector<std::string>& path);

/// What the page index says of page `page` of the leaf `source`. Never throws, as above.
ColumnRange PageRange(const ChunkPages& chunk, size_t page,
                      const parquet::ColumnDescriptor& descriptor, const ColumnSource& source);

}  // namespace deltaic
