#pragma once

#include <cstdint>
#include <vector>

namespace deltaic {

/// Rows [begin, end) of a row group.
struct RowRange {
  int64_t begin = 0;
  int64_t end = 0;
  bool operator==(const RowRange&) const = default;
};
/// Ascending, not overlapping, none of them empty.
using RowRanges = std::vector<RowRange>;

int64_t CountRows(const RowRanges& rows);
/// `row` is not before the last one.
void AppendRow(RowRanges& rows, int64_t row);
/// `range` begins where `rows` end, or later. Nothing where it is empty.
void AppendRange(RowRanges& rows, RowRange range);

/// The rows at these positions among `rows`: [{0, 5}] of [{10, 13}, {20, 30}] are [{10, 13}, {20,
/// 22}].
RowRanges RowsAt(const RowRanges& rows, const RowRanges& positions);

}  // namespace deltaic
