#include "data/write/joined_stats.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <variant>

#include "expr/skipping.h"

namespace deltaic {
namespace {

bool IsKnown(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return !IsNull(value) && (number == nullptr || !std::isnan(*number));
}

bool HasNoValues(const ColumnStats& column, std::optional<int64_t> rows) {
  return rows && column.null_count && *column.null_count >= *rows && IsNull(column.min) &&
         IsNull(column.max);
}

}  // namespace

void JoinColumnStats(ColumnStats& column, std::optional<int64_t> rows, const ColumnStats& other,
                     std::optional<int64_t> other_rows) {
  const bool empty = HasNoValues(column, rows);
  const bool other_empty = HasNoValues(other, other_rows);
  if (column.null_count && other.null_count) {
    *column.null_count += *other.null_count;
  } else {
    column.null_count.reset();
  }
  if (other_empty) return;
  const auto join = [&](Value& bound, const Value& another, int sign) {
    if (empty) {
      bound = another;
    } else if (!IsKnown(bound) || !IsKnown(another) || bound.index() != another.index()) {
      bound = Value();
    } else if (CompareValues(another, bound) * sign > 0) {
      bound = another;
    }
  };
  join(column.min, other.min, -1);
  join(column.max, other.max, 1);
}

FileStats JoinStats(FileStats stats, const FileStats& other) {
  std::erase_if(stats.columns,
                [&](const ColumnStats& column) { return other.Find(column.path) == nullptr; });
  for (ColumnStats& column : stats.columns) {
    JoinColumnStats(column, stats.num_records, *other.Find(column.path), other.num_records);
  }
  if (stats.num_records && other.num_records) {
    *stats.num_records += *other.num_records;
  } else {
    stats.num_records.reset();
  }
  stats.tight_bounds = stats.tight_bounds && other.tight_bounds;
  return stats;
}

FileStats ParseDescribed(std::string_view stats, const DataFileLayout& layout) {
  std::vector<std::vector<std::string>> wanted;
  for (const LeafColumn& leaf : layout.leaves) {
    if (leaf.collect_nulls) wanted.push_back(leaf.stats_path);
  }
  return ParseStatsHint(stats, *layout.physical_schema, wanted);
}

}  // namespace deltaic
