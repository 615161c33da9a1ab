#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/status.h"
#include "data/parquet/parquet_input.h"
#include "data/parquet/row_ranges.h"

namespace parquet {
class ColumnIndex;
}

namespace deltaic {

/// One data page as the page index has it.
struct PageLocation {
  RowRange rows;
  int64_t offset = 0;      ///< in the file
  int64_t size_bytes = 0;  ///< with its header, as stored
};

/// The pages of a column chunk that is not repeated: in order, without gaps in rows, inside the
/// chunk.
struct ChunkPages {
  std::vector<PageLocation> pages;  ///< not empty
  /// Where the dictionary's page lies, which ends where the first data page begins; the same where
  /// there is none.
  int64_t begin = 0;
  /// What is known of each page's values; nullptr where nothing is or nobody asked.
  std::shared_ptr<const parquet::ColumnIndex> values;
};

/// The page index of one row group, as far as it was asked for. Columns without one, or with one
/// that contradicts itself or the footer, have no entry: an index only saves work. What it says of
/// rows is checked again as pages are read.
using PageIndex = std::map<int, ChunkPages>;  ///< by Parquet's number of the leaf

/// Reads the index of these leaves, in one request where it lies together.
/// \param with_values  leaves of which to read what is known of values, too.
/// Errors are those of storage alone.
Result<PageIndex> ReadPageIndex(const ParquetInput& input, int row_group,
                                const std::vector<int>& leaves, bool with_values);

}  // namespace deltaic
