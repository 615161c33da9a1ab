#include "data/read/row_group_pruning.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/metadata.h>
#include <parquet/page_index.h>
#include <parquet/schema.h>
#include <parquet/statistics.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "data/values/column_cast.h"
#include "data/values/type_mapping.h"
#include "data/values/value_arrays.h"
#include "expr/sql_words.h"
#include "expr/value_cast.h"

namespace deltaic {
namespace {

using arrow::Type;

ColumnRange AllNull() {
  ColumnRange range;
  range.may_have_values = false;
  range.may_have_nan = false;
  return range;
}

/// A bound as the table's type has it: the same casts as for the data keep their order.
Value ConvertBound(const std::shared_ptr<arrow::Scalar>& bound, const ColumnSource& source) {
  const arrow::DataType& wanted = *source.type;
  const bool dictionary = wanted.id() == Type::DICTIONARY;
  const auto type = dictionary ? static_cast<const arrow::DictionaryType&>(wanted).value_type()
                               : wanted.GetSharedPtr();
  if (bound == nullptr || !bound->is_valid || !CanCastColumn(*bound->type, *type)) return Value();
  const auto array = arrow::MakeArrayFromScalar(*bound, 1);
  if (!array.ok()) return Value();
  auto converted = CastColumn(*array, type);
  if (converted.ok()) converted = ToGregorian(*converted, source.calendar);
  if (!converted.ok()) return Value();
  Value value = ValueAt(**converted, 0);
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isnan(*number) ? Value() : value;
}

/// \param stats  of `num_values` values, nulls included; or nullptr.
ColumnRange FromStatistics(const std::shared_ptr<parquet::Statistics>& stats, int64_t num_values,
                           const ColumnSource& source) {
  ColumnRange range;
  range.may_have_nan = arrow::is_floating(source.type->id());
  if (stats == nullptr) return range;
  if (stats->HasNullCount()) {
    range.may_have_nulls = stats->null_count() != 0;
    range.may_have_values = stats->null_count() < num_values;
  }
  // Nothing defines an order for int96, so its bounds mean nothing.
  if (!stats->HasMinMax() || stats->physical_type() == parquet::Type::INT96) return range;
  std::shared_ptr<arrow::Scalar> min;
  std::shared_ptr<arrow::Scalar> max;
  if (!parquet::arrow::StatisticsAsScalars(*stats, &min, &max).ok()) return range;
  range.min = ConvertBound(min, source);
  range.max = ConvertBound(max, source);
  return range;
}

/// Of the values that a path in variants leads to. Known only where none of them is outside the
/// typed column, and all can be cast: otherwise a cast may fail, which must not go unnoticed.
ColumnRange VariantRange(const VariantColumns& columns, const DataType& wanted,
                         const parquet::RowGroupMetaData& row_group) {
  if (columns.typed < 0) return ColumnRange();
  const bool same = columns.type->EqualsIgnoringNullability(wanted);
  const bool casts = IsNumeric(wanted.id()) && columns.type->id() != TypeId::kDouble &&
                     IsMonotoneCast(*columns.type, wanted);
  if (!same && !casts) return ColumnRange();
  if (columns.value >= 0) {
    const auto value = row_group.ColumnChunk(columns.value);
    const auto stats = value->statistics();
    if (stats == nullptr || !stats->HasNullCount() || stats->null_count() != value->num_values())
      return ColumnRange();
  }
  const auto arrow_type = ToArrowType(*columns.type);
  if (!arrow_type.ok()) return ColumnRange();
  const auto typed = row_group.ColumnChunk(columns.typed);
  ColumnRange range =
      FromStatistics(typed->statistics(), typed->num_values(), ColumnSource{*arrow_type});
  if (same) return range;
  for (Value* bound : {&range.min, &range.max}) {
    if (!range.may_have_values) break;
    auto cast = CastValue(*bound, *columns.type, wanted);
    if (IsNull(*bound) || !cast.ok() || IsNull(*cast)) return ColumnRange();
    *bound = *std::move(cast);
  }
  return range;
}

/// \param path  as WithTargetsAsColumns() made it.
ColumnRange RangeOfTarget(const PlannedColumn& column, const ProjectedColumn& projected,
                          const parquet::RowGroupMetaData& row_group,
                          const std::vector<std::string>& path) {
  for (size_t i = 0; i < projected.variant_targets.size(); ++i) {
    const VariantTarget& target = column.variant_targets[i];
    if (target.path_text == path[1] && SqlTypeName(*target.type) == path[2]) {
      return VariantRange(projected.variant_targets[i], *target.type, row_group);
    }
  }
  return ColumnRange();
}

/// The part of `source` that names below it lead to; nullptr where the file lacks it.
const ColumnSource* Descend(const ColumnSource* source, const std::vector<std::string>& path) {
  for (size_t i = 1; i < path.size(); ++i) {
    if (source->type->id() != Type::STRUCT || source->is_variant) return source;
    const int child = static_cast<const arrow::StructType&>(*source->type).GetFieldIndex(path[i]);
    if (child < 0) return source;
    source = &source->children[static_cast<size_t>(child)];
    if (source->position == ColumnSource::kMissing) return nullptr;
  }
  return source;
}

}  // namespace

ColumnRange RowGroupRange(const ReadPlan& plan, const std::vector<ProjectedColumn>& projected,
                          const std::vector<Value>& partition_values,
                          const parquet::RowGroupMetaData& row_group,
                          const std::vector<std::string>& path) {
  const auto column = std::find_if(
      plan.columns.begin(), plan.columns.end(),
      [&](const PlannedColumn& c) { return !c.metadata && c.field.name == path.front(); });
  if (column == plan.columns.end()) return ColumnRange();
  const auto index = static_cast<size_t>(column - plan.columns.begin());
  if (column->is_partition) return RangeOfValue(partition_values[index]);
  if (projected[index].root == ColumnSource::kMissing) return AllNull();
  const ColumnSource* source = Descend(&projected[index].source, path);
  if (source == nullptr) return AllNull();
  try {
    if (source->is_variant && path.size() == 3 && source == &projected[index].source)
      return RangeOfTarget(*column, projected[index], row_group, path);
    if (source->leaf == ColumnSource::kMissing) return ColumnRange();
    const auto chunk = row_group.ColumnChunk(source->leaf);
    return FromStatistics(chunk->statistics(), chunk->num_values(), *source);
  } catch (const std::exception&) {
    return ColumnRange();  // broken statistics only cost speed
  }
}

const ColumnSource* FindLeafSource(const ReadPlan& plan,
                                   const std::vector<ProjectedColumn>& projected,
                                   const std::vector<std::string>& path) {
  const auto column = std::find_if(
      plan.columns.begin(), plan.columns.end(),
      [&](const PlannedColumn& c) { return !c.metadata && c.field.name == path.front(); });
  if (column == plan.columns.end()) return nullptr;
  const ProjectedColumn& found = projected[static_cast<size_t>(column - plan.columns.begin())];
  if (found.root == ColumnSource::kMissing) return nullptr;
  const ColumnSource* source = Descend(&found.source, path);
  return source == nullptr || source->leaf == ColumnSource::kMissing ? nullptr : source;
}

ColumnRange PageRange(const ChunkPages& chunk, size_t page,
                      const parquet::ColumnDescriptor& descriptor, const ColumnSource& source) {
  const parquet::ColumnIndex& index = *chunk.values;
  if (index.null_pages()[page]) return AllNull();
  const RowRange& rows = chunk.pages[page].rows;
  const int64_t num_rows = rows.end - rows.begin;
  const bool has_null_count = index.has_null_counts() && index.null_counts()[page] >= 0;
  const int64_t null_count = has_null_count ? index.null_counts()[page] : 0;
  const bool has_order = descriptor.sort_order() != parquet::SortOrder::UNKNOWN;
  // Statistics of texts point into the bounds, which therefore must not be copies.
  const std::string none;
  const std::string& min = has_order ? index.encoded_min_values()[page] : none;
  const std::string& max = has_order ? index.encoded_max_values()[page] : none;
  // An empty bound of anything but text is none; of text, an empty upper one most likely so.
  const bool has_bounds =
      !max.empty() && (!min.empty() || descriptor.physical_type() == parquet::Type::BYTE_ARRAY);
  try {
    const auto stats = parquet::Statistics::Make(&descriptor, min, max, num_rows - null_count,
                                                 null_count, /*distinct_count=*/0, has_bounds,
                                                 has_null_count, /*has_distinct_count=*/false);
    return FromStatistics(stats, num_rows, source);
  } catch (const std::exception&) {
    return ColumnRange();
  }
}

}  // namespace deltaic
