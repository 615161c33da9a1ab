#include "data/parquet/parquet_bounds.h"

#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>

#include <optional>
#include <string_view>

namespace deltaic {

namespace {

Int128 FromBigEndian(std::string_view bytes) {
  using UnsignedInt128 = unsigned __int128;
  const bool negative = !bytes.empty() && (static_cast<unsigned char>(bytes[0]) & 0x80) != 0;
  UnsignedInt128 value = negative ? ~UnsignedInt128{0} : UnsignedInt128{0};
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return static_cast<Int128>(value);
}

/// The bounds of one chunk; nullopt for a physical type that none of our types is stored as.
std::optional<std::pair<Int128, Int128>> ChunkBounds(const parquet::Statistics& statistics) {
  switch (statistics.physical_type()) {
    case parquet::Type::INT32: {
      const auto& typed = static_cast<const parquet::Int32Statistics&>(statistics);
      return std::pair<Int128, Int128>(typed.min(), typed.max());
    }
    case parquet::Type::INT64: {
      const auto& typed = static_cast<const parquet::Int64Statistics&>(statistics);
      return std::pair<Int128, Int128>(typed.min(), typed.max());
    }
    case parquet::Type::FIXED_LEN_BYTE_ARRAY:
      return std::pair(FromBigEndian(statistics.EncodeMin()),
                       FromBigEndian(statistics.EncodeMax()));
    default:
      return std::nullopt;
  }
}

Value ToValue(Int128 value, const DataType& type) {
  if (type.id() == TypeId::kDecimal) return value;
  return static_cast<int64_t>(value);
}

}  // namespace

std::pair<Value, Value> ParquetBounds(const parquet::FileMetaData& metadata, int column,
                                      const DataType& type) {
  std::optional<std::pair<Int128, Int128>> bounds;
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto statistics = metadata.RowGroup(group)->ColumnChunk(column)->statistics();
    if (statistics == nullptr) return {};
    if (!statistics->HasMinMax()) {
      if (statistics->num_values() > 0) return {};
      continue;
    }
    const auto chunk = ChunkBounds(*statistics);
    if (!chunk) return {};
    if (!bounds) {
      bounds = chunk;
    } else {
      if (chunk->first < bounds->first) bounds->first = chunk->first;
      if (chunk->second > bounds->second) bounds->second = chunk->second;
    }
  }
  if (!bounds) return {};
  return {ToValue(bounds->first, type), ToValue(bounds->second, type)};
}

void ForEachTextBound(const parquet::FileMetaData& metadata, int column,
                      const std::function<void(std::string_view)>& visit) {
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto statistics = metadata.RowGroup(group)->ColumnChunk(column)->encoded_statistics();
    if (statistics == nullptr) continue;
    if (statistics->has_min) visit(statistics->min());
    if (statistics->has_max) visit(statistics->max());
  }
}

}  // namespace deltaic
