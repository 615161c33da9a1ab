#include "ops/footer_stats.h"

#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <tuple>
#include <utility>

#include "data/parquet/parquet_bounds.h"

namespace deltaic {
namespace {

/// Whether bounds in the footer are those of Delta's values of the type.
bool HasPlainBounds(const parquet::ColumnDescriptor& column, TypeId type) {
  const auto& logical = *column.logical_type();
  switch (type) {
    case TypeId::kByte:
    case TypeId::kShort:
    case TypeId::kInteger:
    case TypeId::kLong:
      return !logical.is_int() || static_cast<const parquet::IntLogicalType&>(logical).is_signed();
    case TypeId::kDate:
    case TypeId::kDecimal:
      return true;
    case TypeId::kTimestamp:
    case TypeId::kTimestampNtz:
      return logical.is_timestamp() &&
             static_cast<const parquet::TimestampLogicalType&>(logical).time_unit() ==
                 parquet::LogicalType::TimeUnit::MICROS;
    default:
      return false;
  }
}

/// Nulls of a leaf, where every chunk counts them.
std::optional<int64_t> NullsOf(const parquet::FileMetaData& metadata, int column) {
  int64_t nulls = 0;
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto stats = metadata.RowGroup(group)->ColumnChunk(column)->statistics();
    if (stats == nullptr || !stats->HasNullCount()) return std::nullopt;
    nulls += stats->null_count();
  }
  return nulls;
}

/// Whether every chunk with values tells its bounds.
bool TellsTextBounds(const parquet::FileMetaData& metadata, int column) {
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto chunk = metadata.RowGroup(group)->ColumnChunk(column);
    const auto stats = chunk->statistics();
    if (stats == nullptr) return false;
    const bool has_values = !stats->HasNullCount() || stats->null_count() < chunk->num_values();
    if (has_values && !stats->HasMinMax()) return false;
  }
  return true;
}

void SetBounds(const parquet::FileMetaData& metadata, int column, const DataType& type,
               ColumnStats& stats) {
  if (HasPlainBounds(*metadata.schema()->Column(column), type.id())) {
    std::tie(stats.min, stats.max) = ParquetBounds(metadata, column, type);
  } else if (type.id() == TypeId::kString && TellsTextBounds(metadata, column)) {
    std::optional<std::string> least, greatest;
    ForEachTextBound(metadata, column, [&](std::string_view bound) {
      if (!least || bound < *least) least = bound;
      if (!greatest || bound > *greatest) greatest = bound;
    });
    if (least) stats.min = *least;
    if (greatest) stats.max = *greatest;
  }
}

}  // namespace

FileStats StatsOfFooter(const parquet::FileMetaData& metadata, const LeafOfColumn& leaf) {
  FileStats stats;
  stats.num_records = metadata.num_rows();
  for (int i = 0; i < metadata.schema()->num_columns(); ++i) {
    std::optional<FooterLeaf> found = leaf(*metadata.schema()->Column(i));
    if (!found) continue;
    ColumnStats column{
        .path = std::move(found->path), .min = {}, .max = {}, .null_count = NullsOf(metadata, i)};
    SetBounds(metadata, i, *found->type, column);
    stats.columns.push_back(std::move(column));
  }
  return stats;
}

}  // namespace deltaic
