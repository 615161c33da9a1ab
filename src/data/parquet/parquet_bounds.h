#pragma once

#include <functional>
#include <string_view>
#include <utility>

#include "protocol/schema.h"
#include "protocol/value.h"

namespace parquet {
class FileMetaData;
}

namespace deltaic {

/// The least and greatest value of leaf column number `column` by the statistics of its column
/// chunks; monostate where there is no value, or where a chunk with values tells none. For
/// integers, dates, timestamps and decimals.
std::pair<Value, Value> ParquetBounds(const parquet::FileMetaData& metadata, int column,
                                      const DataType& type);

/// Calls `visit` with each bound that the statistics of string column number `column` tell.
void ForEachTextBound(const parquet::FileMetaData& metadata, int column,
                      const std::function<void(std::string_view)>& visit);

}  // namespace deltaic
