#include "data/write/stats_collector.h"

#include <arrow/array.h>
#include <arrow/util/utf8.h>
#include <parquet/metadata.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "data/parquet/parquet_bounds.h"

namespace deltaic {

namespace {

/// Enough for any prefix of kStatsStringPrefix code points and what follows it, and little to keep
/// for a file of long texts.
constexpr size_t kKeptTextBytes = 256;
static_assert(kKeptTextBytes >= 4 * (kStatsStringPrefix + 1));

/// The first kKeptTextBytes at most, without half a code point at the end.
std::string_view Kept(std::string_view text) {
  if (text.size() <= kKeptTextBytes) return text;
  size_t size = kKeptTextBytes;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

bool IsUtf8(std::string_view text) {
  arrow::util::InitializeUTF8();
  return arrow::util::ValidateUTF8(text);
}

/// Whether Parquet may leave a value out of its statistics for its length.
bool HasLongText(const arrow::StringArray& values) {
  const int32_t* offsets = values.raw_value_offsets();
  int32_t longest = 0;
  for (int64_t i = 0; i < values.length(); ++i) {
    longest = std::max(longest, offsets[i + 1] - offsets[i]);
  }
  return static_cast<size_t>(longest) > kMaxParquetStatisticsBytes;
}

}  // namespace

StatsCollector::StatsCollector(const DataFileLayout& layout)
    : layout_(layout), leaves_(layout.leaves.size()) {}

template <typename ArrayType>
void StatsCollector::ObserveNumbers(const arrow::Array& values, Leaf& leaf) {
  const auto& typed = static_cast<const ArrayType&>(values);
  const bool has_nulls = typed.null_count() > 0;
  for (int64_t i = 0; i < typed.length(); ++i) {
    if (has_nulls && typed.IsNull(i)) continue;
    const double value = typed.Value(i);
    if (std::isnan(value)) {
      leaf.has_nan = true;
    } else if (!leaf.has_number) {
      leaf.has_number = true;
      leaf.min_number = leaf.max_number = value;
    } else {
      if (value < leaf.min_number) leaf.min_number = value;
      if (value > leaf.max_number) leaf.max_number = value;
    }
  }
}

void StatsCollector::ObserveStrings(const arrow::Array& values, Leaf& leaf) {
  if (values.type_id() == arrow::Type::DICTIONARY) {
    const auto& encoded = static_cast<const arrow::DictionaryArray&>(values);
    const auto& texts = static_cast<const arrow::StringArray&>(*encoded.dictionary());
    if (!HasLongText(texts)) return;
    // Not all of the dictionary need be in this file.
    for (int64_t i = 0; i < encoded.length(); ++i) {
      if (!encoded.IsNull(i)) leaf.AddText(texts.GetView(encoded.GetValueIndex(i)));
    }
    return;
  }
  const auto& typed = static_cast<const arrow::StringArray&>(values);
  if (!HasLongText(typed)) return;
  for (int64_t i = 0; i < typed.length(); ++i) {
    if (!typed.IsNull(i)) leaf.AddText(typed.GetView(i));
  }
}

void StatsCollector::Leaf::AddText(std::string_view text) {
  const std::string_view kept = Kept(text);
  if (!has_text || kept < min_text) min_text = kept;
  if (!has_text || kept > max_text) max_text = kept;
  has_text = true;
}

void StatsCollector::Observe(size_t leaf, const LeafLevels& levels) {
  const LeafColumn& column = layout_.leaves[leaf];
  Leaf& seen = leaves_[leaf];
  if (column.collect_nulls) seen.null_count += levels.null_count;
  if (!column.collect_bounds) return;
  switch (column.type->id()) {
    case TypeId::kFloat:
      return ObserveNumbers<arrow::FloatArray>(*levels.values_or_nulls, seen);
    case TypeId::kDouble:
      return ObserveNumbers<arrow::DoubleArray>(*levels.values_or_nulls, seen);
    case TypeId::kString:
      return ObserveStrings(*levels.values_or_nulls, seen);
    default:
      return;
  }
}

void StatsCollector::SetBounds(size_t leaf, const parquet::FileMetaData& metadata,
                               ColumnStats& stats) const {
  const DataType& type = *layout_.leaves[leaf].type;
  Leaf seen = leaves_[leaf];
  switch (type.id()) {
    case TypeId::kFloat:
    case TypeId::kDouble:
      if (!seen.has_number) return;
      // Comparisons take -0.0 and 0.0 for one value, so the bounds include both.
      stats.min = seen.min_number == 0 ? -0.0 : seen.min_number;
      // NaN is greater than every number.
      if (!seen.has_nan) stats.max = seen.max_number == 0 ? 0.0 : seen.max_number;
      return;
    case TypeId::kString:
      ForEachTextBound(metadata, static_cast<int>(leaf),
                       [&seen](std::string_view text) { seen.AddText(text); });
      // JSON has no form for other bytes.
      if (seen.has_text && IsUtf8(seen.min_text)) stats.min = seen.min_text;
      if (seen.has_text && IsUtf8(seen.max_text)) stats.max = seen.max_text;
      return;
    default:
      std::tie(stats.min, stats.max) = ParquetBounds(metadata, static_cast<int>(leaf), type);
  }
}

FileStats StatsCollector::Finish(const parquet::FileMetaData& metadata) const {
  FileStats stats;
  stats.num_records = metadata.num_rows();
  for (size_t i = 0; i < leaves_.size(); ++i) {
    const LeafColumn& column = layout_.leaves[i];
    if (!column.collect_nulls) continue;
    ColumnStats column_stats;
    column_stats.path = column.stats_path;
    column_stats.null_count = leaves_[i].null_count;
    if (column.collect_bounds) SetBounds(i, metadata, column_stats);
    stats.columns.push_back(std::move(column_stats));
  }
  return stats;
}

}  // namespace deltaic
