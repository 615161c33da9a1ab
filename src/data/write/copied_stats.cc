#include "data/write/copied_stats.h"

#include <parquet/metadata.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "data/parquet/parquet_bounds.h"
#include "data/write/joined_stats.h"

namespace deltaic {
namespace {

bool IsWhole(TypeId type) {
  return type == TypeId::kByte || type == TypeId::kShort || type == TypeId::kInteger ||
         type == TypeId::kLong || type == TypeId::kDate;
}

/// Whether the numbers of Parquet's column are the table's.
bool IsStoredAsItself(const parquet::ColumnDescriptor& column) {
  if (column.physical_type() != parquet::Type::INT32 &&
      column.physical_type() != parquet::Type::INT64) {
    return false;
  }
  const auto& logical = column.logical_type();
  return logical == nullptr || logical->is_none() || logical->is_int() || logical->is_date();
}

/// Nulls of a leaf that is not repeated, where the footer counts them.
std::optional<int64_t> CountNulls(const parquet::FileMetaData& metadata, int leaf) {
  int64_t sum = 0;
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto statistics = metadata.RowGroup(group)->ColumnChunk(leaf)->encoded_statistics();
    if (statistics == nullptr || !statistics->has_null_count) return std::nullopt;
    sum += statistics->null_count;
  }
  return sum;
}

std::optional<int> FindLeaf(const CopiedFile& copy, const std::vector<std::string>& path) {
  const auto found = std::ranges::find(copy.leaves, path, &CopiedLeaf::path);
  if (found == copy.leaves.end() || found->is_repeated) return std::nullopt;
  return static_cast<int>(found - copy.leaves.begin());
}

/// The bounds of `column` where some or all of its values are others now. Those of the values that
/// went are in `column` still, so that bounds which readers take as exact are not known any more.
void Replace(const ReplacedStats& replaced, bool is_float, ColumnStats& column) {
  const ColumnStats* now = replaced.stats.Find(column.path);
  if (now == nullptr || (is_float && !replaced.everywhere)) {
    column.min = column.max = Value();
  } else if (replaced.everywhere) {
    column.min = now->min;
    column.max = now->max;
  } else {
    JoinColumnStats(column, std::nullopt, *now, replaced.stats.num_records);
  }
  column.null_count.reset();
}

/// What still holds of `column` in the copy, where it is a leaf of its own.
void Adjust(const CopiedFile& copy, int leaf, const LeafColumn& described, bool was_tight,
            const ReplacedStats* replaced, ColumnStats& column) {
  const CopiedLeaf& copied = copy.leaves[static_cast<size_t>(leaf)];
  const TypeId type = described.type->id();
  const bool is_float = type == TypeId::kFloat || type == TypeId::kDouble;
  if (copied.is_replaced && replaced != nullptr) Replace(*replaced, is_float, column);
  if (const auto nulls = CountNulls(*copy.metadata, leaf)) {
    column.null_count = nulls;
  } else if (!was_tight) {
    column.null_count.reset();
  } else if (column.null_count) {
    *column.null_count -= copied.num_dropped_nulls;
  }
  const bool is_known = copied.is_replaced && replaced != nullptr && replaced->everywhere;
  if ((IsWhole(type) || is_float) && !copied.bounds_hold && !is_known) {
    column.min = column.max = Value();
  }
  if (IsWhole(type) && IsStoredAsItself(*copy.metadata->schema()->Column(leaf))) {
    auto [min, max] = ParquetBounds(*copy.metadata, leaf, *described.type);
    if (!std::holds_alternative<std::monostate>(min)) {
      column.min = std::move(min);
      column.max = std::move(max);
    }
  }
}

}  // namespace

std::optional<int64_t> NullsOf(const CopiedFile& copy, const std::vector<std::string>& path) {
  const auto leaf = FindLeaf(copy, path);
  return leaf ? CountNulls(*copy.metadata, *leaf) : std::nullopt;
}

std::string StatsOfCopy(const CopiedFile& copy, std::string_view before,
                        const DataFileLayout& layout, const ReplacedStats* replaced) {
  FileStats stats = ParseDescribed(before, layout);
  for (const LeafColumn& described : layout.leaves) {
    const auto column = std::ranges::find(stats.columns, described.stats_path, &ColumnStats::path);
    if (column == stats.columns.end()) continue;
    if (const auto leaf = FindLeaf(copy, described.stats_path)) {
      Adjust(copy, *leaf, described, stats.tight_bounds, replaced, *column);
    } else if (column->null_count != 0 || replaced != nullptr) {
      column->null_count.reset();
    }
  }
  std::erase_if(stats.columns, [&](const ColumnStats& column) {
    return std::ranges::none_of(
        layout.leaves, [&](const LeafColumn& leaf) { return leaf.stats_path == column.path; });
  });
  stats.num_records = copy.num_rows;
  stats.tight_bounds = true;
  return FormatFileStats(stats, *layout.physical_schema);
}

}  // namespace deltaic
