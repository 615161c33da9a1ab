#pragma once

#include "data/parquet/page_index.h"
#include "data/read/parquet_data_file.h"

namespace deltaic {

/// The leaves that the plan's predicate looks at, in `file`: those whose page index can tell rows
/// apart.
std::vector<int> PredicateLeaves(const ParquetDataFile& file);

/// The rows of the row group that may make the plan's predicate true, by what `index` says of the
/// pages of PredicateLeaves().
RowRanges RowsThatMayMatch(const ParquetDataFile& file, const RowGroupTask& row_group,
                           const PageIndex& index);

}  // namespace deltaic
