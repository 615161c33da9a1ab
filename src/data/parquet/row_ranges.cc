#include "data/parquet/row_ranges.h"

#include <algorithm>
#include <cstddef>

namespace deltaic {

int64_t CountRows(const RowRanges& rows) {
  int64_t count = 0;
  for (const RowRange& range : rows) count += range.end - range.begin;
  return count;
}

void AppendRow(RowRanges& rows, int64_t row) { AppendRange(rows, {row, row + 1}); }

void AppendRange(RowRanges& rows, RowRange range) {
  if (range.begin >= range.end) return;
  if (!rows.empty() && rows.back().end == range.begin) {
    rows.back().end = range.end;
  } else {
    rows.push_back(range);
  }
}

RowRanges RowsAt(const RowRanges& rows, const RowRanges& positions) {
  RowRanges result;
  size_t i = 0;
  int64_t passed = 0;  // rows before rows[i]
  for (RowRange wanted : positions) {
    while (wanted.begin < wanted.end && i < rows.size()) {
      const int64_t length = rows[i].end - rows[i].begin;
      if (passed + length <= wanted.begin) {
        passed += length;
        ++i;
        continue;
      }
      const int64_t end = std::min(wanted.end, passed + length);
      AppendRange(result, {rows[i].begin + wanted.begin - passed, rows[i].begin + end - passed});
      wanted.begin = end;
    }
  }
  return result;
}

}  // namespace deltaic
